"""Consent as others write it down: ISO/IEC TS 27560 receipts and HL7 FHIR R4. Values in, values out."""
