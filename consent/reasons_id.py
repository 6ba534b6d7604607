"""The sentences of consent.reasons in Indonesian: what a participant reads in her own language.

A sentence for every reason, and for what is not hers the same one; a test sees to it.
"""

from consent.reasons import Reason

NOT_YOURS_ID = "Ada syarat yang bukan tentang Anda."

SENTENCES_ID: dict[Reason, str] = {
    Reason.JOB_LEDGER_UNAVAILABLE: "Pilihan Anda tidak dapat dibaca saat itu, jadi tidak ada yang dibaca.",
    Reason.REQ_ROLE_NOT_ALLOWED: "Peminta tidak berhak menanyakan hal ini.",
    Reason.REQ_PURPOSE_UNKNOWN: "Permintaan itu tidak menyebutkan tujuannya.",
    Reason.REQ_PURPOSE_MIXED: "Permintaan itu mencampur tujuan yang harus dipisahkan.",
    Reason.REQ_PURPOSE_INCOMPLETE: "Permintaan itu tidak menyebutkan penelitian yang dimaksud.",
    Reason.REQ_PROJECT_NOT_APPROVED: "Proyek itu tidak disetujui.",
    Reason.REQ_PROJECT_EXPIRED: "Proyek itu sudah berakhir.",
    Reason.REQ_PURPOSE_EXCEEDS_APPROVAL: "Proyek itu tidak disetujui untuk penggunaan ini.",
    Reason.REQ_AGENCY_UNVERIFIED: "Lembaga yang meminta belum diverifikasi.",
    Reason.REQ_OFFENCE_NOT_OFFERED: "Kami tidak pernah mencari untuk jenis perkara ini.",
    Reason.REQ_SAMPLE_ORIGIN_INVALID: "Sampel itu berasal dari orang yang tidak boleh dicari.",
    Reason.REQ_LEADS_NOT_EXHAUSTED: "Cara lain untuk menyelesaikan perkara itu belum dicoba.",
    Reason.REQ_JUDICIAL_AUTH_MISSING: "Izin pengadilan tidak ada.",
    Reason.REQ_JUDICIAL_AUTH_INVALID: "Izin pengadilan tidak cocok dengan pencarian ini, atau sudah habis.",
    Reason.REQ_NO_CARE_RELATIONSHIP: "Tenaga kesehatan yang meminta tidak merawat Anda.",
    Reason.SUBJ_ERASED: "Data Anda sudah dihapus.",
    Reason.SUBJ_IDENTITY_UNVERIFIED: "Identitas Anda belum diverifikasi.",
    Reason.SUBJ_FROZEN: NOT_YOURS_ID,
    Reason.FILE_ERASED: "Berkas ini sudah dihapus.",
    Reason.FILE_QUARANTINED: NOT_YOURS_ID,
    Reason.CONSENT_DENIED: "Anda menolak penggunaan ini.",
    Reason.CONSENT_WITHDRAWN: "Anda menarik kembali izin untuk penggunaan ini.",
    Reason.CONSENT_NONE: "Anda belum mengizinkan penggunaan ini.",
    Reason.CONSENT_NOT_YET_EFFECTIVE: "Izin Anda untuk penggunaan ini belum mulai berlaku.",
    Reason.AUTH_PAPER_NOT_VERIFIED: "Formulir kertas Anda belum diperiksa oleh orang kedua.",
    Reason.CONSENT_EXPIRED: "Izin Anda untuk penggunaan ini sudah berakhir.",
    Reason.CONSENT_RECONSENT_OVERDUE: "Kami harus bertanya lagi kepada Anda, dan Anda belum menjawab.",
    Reason.CONSENT_FORM_LACKS_PURPOSE: "Formulir yang Anda setujui tidak menanyakan penggunaan ini.",
    Reason.CONSENT_LE_NOTICE_MISSING: (
        "Formulir yang Anda setujui tidak menyatakan dengan jelas bahwa polisi boleh mencari."
    ),
    Reason.AUTH_MINOR_DISSENT: "Anda mengatakan bahwa Anda tidak menginginkan ini.",
    Reason.AUTH_MINOR_SELF: "Anda masih terlalu muda untuk mengizinkan ini sendiri.",
    Reason.AUTH_GUARDIAN_UNVERIFIED: "Orang yang mengizinkannya untuk Anda belum diverifikasi sebagai wali.",
    Reason.AUTH_GUARDIAN_CANNOT_GRANT: "Seorang wali tidak dapat mengizinkan ini untuk Anda.",
    Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY: "Izin dari wali Anda berakhir ketika Anda menjadi dewasa.",
    Reason.AUTH_DECEASED_STOP: "Izin ini berakhir saat meninggal dunia.",
    Reason.AUTH_NOK_CANNOT_WIDEN: "Keluarga terdekat tidak dapat mengizinkan hal baru.",
    Reason.PURPOSE_NOT_COVERED: "Anda mengizinkan penelitian, tetapi bukan jenis ini.",
    Reason.DISEASE_NOT_COVERED: "Anda mengizinkan penelitian, tetapi bukan tentang penyakit ini.",
    Reason.COMMERCIAL_NOT_GRANTED: "Anda belum mengizinkan penggunaan oleh perusahaan atau untuk laba.",
    Reason.MOD_NMDS: "Anda tidak ingin metode atau perangkat lunak dikembangkan dengannya.",
    Reason.MOD_GSO: "Anda hanya mengizinkan penelitian genetik.",
    Reason.MOD_NPU: "Anda hanya mengizinkan organisasi nirlaba.",
    Reason.MOD_NCU: "Anda tidak menginginkan penggunaan komersial.",
    Reason.MOD_NPUNCU: "Anda tidak menginginkan perusahaan maupun penggunaan komersial.",
    Reason.MOD_NPOA: "Anda tidak menginginkan penelitian asal-usul leluhur.",
    Reason.MOD_GS: "Data akan dipakai di luar tempat yang Anda izinkan.",
    Reason.MOD_TS: "Data akan dipakai lebih lama daripada yang Anda izinkan.",
    Reason.MOD_PUB: "Anda ingin hasilnya diterbitkan, dan tidak ada yang menjanjikannya.",
    Reason.MOD_COL: "Anda ingin peneliti pertama ikut serta, dan tidak ada yang menjanjikannya.",
    Reason.MOD_IRB: "Anda menginginkan persetujuan etik, dan tidak ada yang berlaku.",
    Reason.MOD_MOR: "Hasilnya akan terbit sebelum tanggal yang Anda tetapkan.",
    Reason.MOD_RTN: "Anda ingin data baru dikembalikan, dan tidak ada yang menjanjikannya.",
    Reason.MOD_RS: "Topik itu bukan topik yang Anda izinkan.",
    Reason.MOD_US: "Orang yang meminta bukan orang yang Anda sebutkan.",
    Reason.MOD_PS: "Proyek itu bukan proyek yang Anda sebutkan.",
    Reason.MOD_IS: "Lembaga itu bukan lembaga yang Anda sebutkan.",
    Reason.MOD_NCTRL: "Anda tidak ingin menjadi kelompok pembanding untuk penelitian lain.",
    Reason.MOD_IDENTITY_ONLY: "Anda hanya mengizinkan pemeriksaan identitas, bukan pencarian kerabat.",
    Reason.MOD_UNKNOWN: "Izin Anda memuat syarat yang tidak kami kenal, jadi tidak boleh diandalkan.",
    Reason.REL_MZ_TWIN_NOT_GRANTED: NOT_YOURS_ID,
    Reason.REL_MUTUAL_CONSENT_MISSING: NOT_YOURS_ID,
    Reason.JOB_NOT_IN_SNAPSHOT: "Izin Anda datang setelah pencarian ini dimulai.",
    Reason.JOB_REVOKED_IN_FLIGHT: (
        "Izin Anda berakhir saat pencarian masih berjalan, jadi data Anda tidak diikutkan."
    ),
}
