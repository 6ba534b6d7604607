"""The sentences of consent.events in Indonesian. One for every kind; a test sees to it."""

SENTENCES_ID: dict[str, str] = {
    "consent:participant:registered": "{subject} didaftarkan.",
    "consent:participant:verified": "Identitas {subject} diverifikasi.",
    "consent:participant:moved": "{subject} kini bertempat tinggal di tempat lain.",
    "consent:participant:move_proposed": "{subject} menyatakan tinggal di tempat ia lebih awal dewasa.",
    "consent:participant:move_said": (
        "Seseorang yang bertindak atas nama {subject} menyatakan bahwa ia tinggal di tempat lain."
    ),
    "consent:participant:move_refused": (
        "Tidak ada yang menunjukkan bahwa {subject} bertempat tinggal di tempat lain: {why}."
    ),
    "consent:participant:frozen": "Segala sesuatu tentang {subject} dibekukan.",
    "consent:participant:dissent": "{subject} mencatat penolakan: {dissents}.",
    "consent:participant:erased": "{subject} dihapus: kunci, berkas, kata-kata, dan siapa dia.",
    "consent:participant:keyed": (
        "Kunci dibuat agar {subject} dapat menemukan dirinya dalam apa yang dibaca oleh pekerjaan."
    ),
    "consent:participant:died": (
        "Meninggalnya {subject} pada {died_at} dicatat, dan dilihat pula oleh {second}."
    ),
    "consent:verifier:shipped": (
        "Pemeriksa untuk auditor ditulis sebagai satu berkas, dengan sidik jari {sha256}."
    ),
    "consent:statement:given": "{subject} mengatakan ya untuk {family} (pernyataan {seq}).",
    "consent:statement:denied": "{subject} mengatakan tidak untuk {family} (pernyataan {seq}).",
    "consent:statement:withdrawn": "{subject} menarik kembali {family} (pernyataan {seq}).",
    "consent:statement:continued": "Ahli waris {subject} melanjutkan {family} (pernyataan {seq}).",
    "consent:alarm:rise": "{grants} ya masuk dalam {hours} jam, sedangkan biasanya {usual}.",
    "consent:alarm:unsound": "Ada yang tidak seperti saat dicatat, maka tidak dipakai: {what}",
    "consent:form:loaded": "Formulir {subject} dimuat sebagai rancangan.",
    "consent:form:approved": "Formulir {subject} disetujui.",
    "consent:form:published": "Formulir {subject} diterbitkan.",
    "consent:form:superseded": "Formulir {subject} tidak lagi diajukan kepada siapa pun.",
    "consent:form:retired": "Formulir {subject} tidak lagi menerima ya.",
    "consent:policy:adopted": "Kebijakan {subject} diberlakukan.",
    "consent:holding:changed": "Sebuah berkas {subject} sekarang {state}.",
    "consent:kin:claimed": "{actor} meminta untuk bertindak bagi {subject} sebagai {capacity}.",
    "consent:kin:seen": (
        "Satu orang telah melihat bahwa {actor} boleh bertindak bagi {subject} sebagai {capacity}."
    ),
    "consent:kin:verified": "{actor} boleh bertindak bagi {subject} sebagai {capacity}.",
    "consent:kin:limited": "{actor} tidak boleh mengatakan ya bagi {subject} untuk: {families}.",
    "consent:kin:rejected": "{actor} tidak bertindak bagi {subject} sebagai {capacity}.",
    "consent:kin:ended": "{actor} tidak lagi bertindak bagi {subject} sebagai {capacity}: {why}.",
    "consent:twins:proposed": "{subject} dan {twin} dikatakan kembar identik.",
    "consent:twins:registered": "{subject} dan {twin} terdaftar sebagai kembar identik.",
    "consent:twins:doubted": "{subject} dan {twin} dikatakan bukan kembar identik: {why}.",
    "consent:twins:kept": "{subject} dan {twin} tetap kembar identik.",
    "consent:twins:dissolved": "{subject} dan {twin} ternyata bukan kembar identik: {why}.",
    "consent:paper:received": "Formulir kertas {subject} dipindai ({form}).",
    "consent:paper:keyed": "Formulir kertas {subject} dibaca untuk kali ke-{order}.",
    "consent:paper:verified": "Dua orang membaca formulir kertas {subject} dengan hasil yang sama.",
    "consent:paper:discrepant": "Dua orang membaca formulir kertas {subject} dengan hasil yang berbeda.",
    "consent:paper:adjudicated": "Orang ketiga memutuskan bacaan formulir kertas {subject}.",
    "consent:paper:applied": "Formulir kertas {subject}, ditandatangani pada {signed_on}, diterapkan.",
    "consent:paper:rejected": "Formulir kertas {subject} ditolak: {reason}",
    "consent:diseases:proposed": "Sebuah tabel penyakit diusulkan: {subject}.",
    "consent:diseases:seen": "Satu dari dua orang telah mengesahkan tabel penyakit {subject}.",
    "consent:diseases:loaded": "Tabel penyakit {subject} mulai berlaku.",
    "consent:diseases:rejected": "Tabel penyakit {subject} ditolak.",
}
