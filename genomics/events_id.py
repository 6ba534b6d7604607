"""The sentences of genomics.events in Indonesian. One for every kind; a test sees to it."""

SENTENCES_ID: dict[str, str] = {
    "genomics:vault:opened": "Untuk {subject}, {files} berkas dan {slabs} lempeng dibuka.",
    "genomics:vault:unaccounted": "{subject} dibuka di ruang simpan tanpa disebutkan untuk apa.",
    "genomics:file:received": "Sebuah berkas {file_kind} milik {subject} diterima.",
    "genomics:evidence:received": "Sebuah profil barang bukti diterima untuk {subject}.",
    "genomics:evidence:destroyed": "Barang bukti {subject} dimusnahkan, beserta kunci yang membukanya.",
    "genomics:evidence:held": "Profil barang bukti {subject} ditahan: tampaknya bukan genom satu orang.",
    "genomics:evidence:settled": "Dari barang bukti {subject} yang ditahan, profil diloloskan: {clears}.",
    "genomics:file:resealed": "Sebuah berkas {subject} disegel ulang dalam format yang sekarang.",
    "genomics:file:erased": "Sebuah berkas {subject} dihapus.",
    "genomics:epoch:began": "Masa kunci {subject} dimulai.",
    "genomics:epoch:destroyed": "Masa kunci {subject}, yang dimulai pada {began_at}, dimusnahkan.",
    "genomics:panel:loaded": "Panel {subject} dimuat.",
}
