"""Regions of the world as a table of facts: countries, unions of countries, and the parts of some of them.

ISO 3166-1 and 3166-2 codes with plain English names. EU and EEA are unions: what lies inside the EU lies
inside the EEA. A region that is not here is not known, and so allows nothing.
"""


def _read(table: str) -> dict[str, str]:
    """{code: name}, from "code name; code name"."""
    return dict(one.split(maxsplit=1) for one in " ".join(table.split()).split("; "))


# The European Union; EU law reaches them all.
UNION = _read(
    """
    AT Austria; BE Belgium; BG Bulgaria; CY Cyprus; CZ Czechia; DE Germany; DK Denmark; EE Estonia;
    ES Spain; FI Finland; FR France; GR Greece; HR Croatia; HU Hungary; IE Ireland; IT Italy;
    LT Lithuania; LU Luxembourg; LV Latvia; MT Malta; NL Netherlands; PL Poland; PT Portugal;
    RO Romania; SE Sweden; SI Slovenia; SK Slovakia
    """
)

# In the European Economic Area beside the Union.
AREA = _read(
    """
    IS Iceland; LI Liechtenstein; NO Norway
    """
)

# The states of the United States, and its capital's district.
STATES = _read(
    """
    US-AL Alabama; US-AK Alaska; US-AZ Arizona; US-AR Arkansas; US-CA California; US-CO Colorado;
    US-CT Connecticut; US-DE Delaware; US-DC District of Columbia; US-FL Florida; US-GA Georgia;
    US-HI Hawaii; US-ID Idaho; US-IL Illinois; US-IN Indiana; US-IA Iowa; US-KS Kansas; US-KY Kentucky;
    US-LA Louisiana; US-ME Maine; US-MD Maryland; US-MA Massachusetts; US-MI Michigan; US-MN Minnesota;
    US-MS Mississippi; US-MO Missouri; US-MT Montana; US-NE Nebraska; US-NV Nevada; US-NH New Hampshire;
    US-NJ New Jersey; US-NM New Mexico; US-NY New York; US-NC North Carolina; US-ND North Dakota;
    US-OH Ohio; US-OK Oklahoma; US-OR Oregon; US-PA Pennsylvania; US-RI Rhode Island;
    US-SC South Carolina; US-SD South Dakota; US-TN Tennessee; US-TX Texas; US-UT Utah; US-VT Vermont;
    US-VA Virginia; US-WA Washington; US-WV West Virginia; US-WI Wisconsin; US-WY Wyoming
    """
)

# The provinces of Indonesia.
PROVINCES = _read(
    """
    ID-AC Aceh; ID-SU North Sumatra; ID-SB West Sumatra; ID-RI Riau; ID-JA Jambi; ID-SS South Sumatra;
    ID-BE Bengkulu; ID-LA Lampung; ID-BB Bangka Belitung Islands; ID-KR Riau Islands; ID-JK Jakarta;
    ID-JB West Java; ID-JT Central Java; ID-YO Yogyakarta; ID-JI East Java; ID-BT Banten; ID-BA Bali;
    ID-NB West Nusa Tenggara; ID-NT East Nusa Tenggara; ID-KB West Kalimantan; ID-KT Central Kalimantan;
    ID-KS South Kalimantan; ID-KI East Kalimantan; ID-KU North Kalimantan; ID-SA North Sulawesi;
    ID-ST Central Sulawesi; ID-SN South Sulawesi; ID-SG Southeast Sulawesi; ID-GO Gorontalo;
    ID-SR West Sulawesi; ID-MA Maluku; ID-MU North Maluku; ID-PA Papua; ID-PB West Papua;
    ID-PS South Papua; ID-PT Central Papua; ID-PE Highland Papua; ID-PD Southwest Papua
    """
)

# Countries that lie in no union here.
ALONE = _read(
    """
    AU Australia; CA Canada; CH Switzerland; GB United Kingdom; ID Indonesia; JP Japan; KR South Korea;
    MY Malaysia; NZ New Zealand; SG Singapore; US United States
    """
)

UNIONS = {"EU": "European Union", "EEA": "European Economic Area"}

PARENTS: dict[str, list[str]] = {
    **{code: ["EU"] for code in UNION},
    **{code: ["EEA"] for code in AREA},
    **{code: ["US"] for code in STATES},
    **{code: ["ID"] for code in PROVINCES},
    **{code: [] for code in ALONE},
    "EU": ["EEA"],
    "EEA": [],
}

# The wide ones first, then by name: the order in which somebody looks for a place.
COUNTRY_NAMES: dict[str, str] = {
    **UNIONS,
    **dict(sorted({**UNION, **AREA, **ALONE}.items(), key=lambda one: one[1])),
}
REGION_NAMES: dict[str, str] = {**COUNTRY_NAMES, **PROVINCES, **STATES}
