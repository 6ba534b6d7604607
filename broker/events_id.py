"""The sentences of broker.events in Indonesian. One for every kind; a test sees to it."""

SENTENCES_ID: dict[str, str] = {
    "broker:role:proposed": "{subject} diusulkan sebagai {role}.",
    "broker:role:confirmed": "{subject} sekarang adalah {role}.",
    "broker:role:ended": "{subject} bukan lagi {role}.",
    "broker:login:enrolled": "Sebuah akun dibuat untuk {subject}; akun itu belum membuka apa pun.",
    "broker:organisation:proposed": "Organisasi {subject} diusulkan sebagai {org_kind}.",
    "broker:organisation:confirmed": "Organisasi {subject} diverifikasi.",
    "broker:organisation:withdrawn": "Organisasi {subject} tidak lagi diverifikasi: {why}.",
    "broker:death:reported": "{by} memberi tahu bahwa {subject} telah meninggal.",
    "broker:death:refused": "Tidak ada dokumen yang menunjukkan bahwa {subject} telah meninggal.",
    "broker:handover:invited": "Sebuah kode dibuat agar {subject} dapat mengambil alih catatannya.",
    "broker:handover:accepted": "{subject} sekarang mempunyai akun sendiri.",
    "broker:handover:confirmed": "Seorang pengurus melihat bahwa akun {subject} memang miliknya.",
    "broker:handover:step": "Dalam perjalanan {subject}: {moment}.",
    "broker:channel:added": "Sebuah cara untuk menghubungi {subject} ditambahkan.",
    "broker:channel:confirmed": "{subject} menunjukkan bahwa ia membaca apa yang dikirim ke sana.",
    "broker:channel:ended": "Sebuah cara untuk menghubungi {subject} dihapus.",
    "broker:request:submitted": "Akses diminta untuk {purposes}.",
    "broker:request:decided": "Permintaan akses {subject}: disetujui adalah {approves}.",
    "broker:case:opened": "Sebuah perkara dibuka untuk {purpose} di {jurisdiction}.",
    "broker:authorisation:recorded": "Sebuah surat pengadilan dicatat untuk perkara {subject}.",
    "broker:authorisation:seen": "{by} membaca sebuah surat pengadilan dari {subject}.",
    "broker:case:joined": "{person} mulai sekarang bekerja pada {subject}.",
    "broker:case:decided": "Perkara {subject}: persetujuan {role} adalah {approves}.",
    "broker:case:closed": "Perkara {subject} ditutup.",
    "broker:case:told": "Pencarian dalam {subject} diberitahukan kepada semua orang yang dipertimbangkan.",
    "broker:case:reported": "Hasil dari {subject} telah dilaporkan kembali.",
    "broker:process:received": (
        "Sebuah {process_kind} dicatat dalam daftar, tentang {concerns}; harus dijawab sebelum {due}."
    ),
    "broker:process:moved": "{subject} sekarang {state}.",
    "broker:process:gag_ended": "Pengadilan mencabut larangan berbicara tentang {subject}.",
    "broker:process:overdue": "Tidak ada yang menjawab {subject} tepat waktu.",
    "broker:process:told": "Semua orang yang bersangkutan diberi tahu tentang {subject}.",
    "broker:process:seen": "{by} melihat surat dari {subject}.",
    "broker:statement:made": (
        "Pernyataan untuk {subject} ditandatangani: {sought} perintah mencari orang yang tidak setuju."
    ),
    "broker:report:made": "Laporan keterbukaan untuk {start} sampai {end} dibuat.",
    "broker:case:lapsed": "Perkara {subject} gugur: {why}.",
    "query:budget:spent": (
        "{subject} meminta pencarian dengan lebih dari {profiles} profil dalam {days} hari, dan ditolak."
    ),
    "query:search:submitted": (
        "Sebuah pencarian jenis {question_kind} diajukan dalam {under}; menunggu dua tanda tangan."
    ),
    "query:search:decided": "Pencarian {subject}: persetujuan {role} adalah {approves}.",
    "query:disclosure:proposed": (
        "Petunjuk dari {job} diminta dalam {under}; pasangan kedua yang memutuskan."
    ),
    "query:disclosure:decided": "{subject}: persetujuan {role} adalah {approves}.",
    "query:disclosure:made": "{leads} petunjuk dari {job} diungkapkan dengan nama perkara.",
    "query:disclosure:lapsed": "{subject} gugur dan tidak ada yang diungkapkan: {because}.",
    "query:query:submitted": "Sebuah pertanyaan jenis {question_kind} diajukan untuk {purposes}.",
    "query:query:refused": "Sebuah pertanyaan ditolak: {reasons}.",
    "query:job:cleared": "Pekerjaan {subject} boleh membaca {permitted} dari {considered} orang.",
    "query:job:cut": "Pekerjaan {subject} dibagi menjadi {ranges} bagian, agar dibaca serentak.",
    "query:job:released": (
        "Pekerjaan {subject} dikeluarkan, berdasarkan {permitted} dari {considered} orang."
    ),
    "query:manifest:sealed": "Siapa yang dibaca oleh {subject} diikat dengan segel.",
    "query:job:refused": "Pekerjaan {subject} ditolak: {reasons}.",
    "query:job:failed": "Pekerjaan {subject} gagal.",
    "query:job:paused": "Pekerjaan {subject} dihentikan sementara.",
    "query:job:cancelled": "Pekerjaan {subject} dibatalkan.",
    "query:job:resumed": "{by} mengembalikan pekerjaan {subject} ke antrean.",
    "query:job:expired": "Jawaban pekerjaan {subject} disimpan selama {days} hari dan kini sudah dihapus.",
    "query:result:read": "Hasil pekerjaan {subject} dibaca.",
    "broker:duty:failed": "Tugas berkala sistem tidak dapat dijalankan ({duty}): {trouble}",
    "broker:ledger:read": "{by} mengambil seluruh buku catatan untuk tujuan: {what}.",
    "broker:canary:planted": "Seekor kenari ditempatkan: seseorang yang tidak mengizinkan apa pun.",
    "broker:canary:touched": (
        "{subject} menjangkau seekor kenari, yang tidak mengizinkan apa pun ({where}), dan dihentikan."
    ),
    "broker:canary:end_asked": "{by} ingin {subject} dipensiunkan: {reason}.",
    "broker:canary:kept": "{by} mempertahankan {subject}, yang ingin dipensiunkan oleh auditor lain.",
    "broker:canary:retired": (
        "{by} memensiunkan {subject}, seperti yang diinginkan {asked_by}: {reason}. Tidak ada lagi yang "
        "mengawasinya."
    ),
    "broker:anomaly:found": (
        "Sesuatu yang tidak biasa tentang {subject} terlihat: {rule}, {count} peristiwa pada {day}."
    ),
    "broker:export:made": "{by} membawa pulang {what}: {files}, dengan daftar bertanda tangan {sha256}.",
    "broker:page:looked": "{by} melihat halaman auditor {page}.",
    "broker:event:looked": "{by} melihat peristiwa {event} sebagai auditor.",
    "broker:ledger:searched": "{by} mencari dalam buku catatan: {sought}",
    "broker:job:audited": "{by} memeriksa {subject} sebagai auditor.",
    "broker:job:explained": "{by} melihat apa yang diputuskan {subject} tentang {person}.",
    "broker:record:taken": "Segala sesuatu milik {subject} diserahkan kepada {by}.",
    "broker:record:erased_by_guardian": "Wali meminta {subject} dihapus. Ia berkeberatan: {objected}.",
    "broker:house:restored": (
        "Basis data yang lebih lama dipasang kembali: ia mengingat {remembered} dari {vouched} peristiwa."
    ),
    "broker:house:seen": "{by} memeriksa rumah ini setelah basis data yang lebih lama dipasang kembali.",
    "broker:factor:added": "{subject} sekarang dapat membuktikan dirinya dengan {factor}.",
    "broker:factor:removed": "{subject} tidak lagi membuktikan dirinya dengan {factor}.",
    "broker:passkey:doubted": "Sebuah kunci sandi {subject} menghitung mundur, dan ditolak.",
    "broker:recovery:made": "{subject} diberi kode pemulihan baru.",
    "broker:recovery:used": "{subject} menggunakan sebuah kode pemulihan.",
    "broker:paper:audited": "{by} memeriksa formulir kertas {subject} sebagai auditor.",
    "broker:paper:seen": "{by} melihat formulir kertas {subject}.",
    "broker:upload:begun": "{by} mulai mengirim sebuah berkas untuk {subject}.",
    "broker:upload:ended": "Sebuah berkas untuk {subject} tidak sampai: {why}.",
    "broker:upload:refused": "Sebuah berkas untuk {subject} ditolak: {reason}.",
    "broker:upload:held": "Sebuah berkas {subject} ditahan sampai {until}.",
    "broker:upload:marked": ("{by} melihat berkas {subject} yang ditahan: disisihkan adalah {set_aside}."),
    "broker:upload:settled": ("Peninjauan sebuah berkas {subject} selesai: disisihkan adalah {set_aside}."),
}
