"""The letter that answers a court or an agency: fixed words in both languages, with what stands on its paper.

Which words they are follows from how the answer was decided; nobody writes them anew.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import override

from broker import processes
from broker.models import LegalProcess
from consent.ledger import checkpoints

State = LegalProcess.State
LANGUAGES = (("en", "English"), ("id", "Bahasa Indonesia"))

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Answer",
        "to": "To",
        "about": "Your paper",
        "received": "Received",
        "reference": "Our reference",
        "no_function": (
            "You demand data of people who have not agreed to this use. This system has no such function."
            " A question reaches a person's data only if that person has agreed to its purpose, and "
            "nothing that anybody here can set, switch, sign or order changes that. We cannot do what you"
            " ask, and we have not done it."
        ),
        "refused": "We do not act on this paper. The reasons stand below. Nothing was searched for it.",
        "within": (
            "We act on this paper only as far as people have agreed. A search under it asks exactly those"
            " who allowed this purpose, as it would have asked them without your paper, and an approved "
            "case comes first."
        ),
        "recorded": (
            "This paper was entered in a register that cannot be changed, and is counted in our public "
            "report and in our monthly statement. Those it concerns are told, unless a ban with an end of"
            " its own delays it."
        ),
        "reasons": "Reasons",
        "key": "The register is part of a public ledger, signed with the key",
        "signature": "Signature and date",
    },
    "id": {
        "title": "Jawaban",
        "to": "Kepada",
        "about": "Surat Anda",
        "received": "Diterima",
        "reference": "Nomor acuan kami",
        "no_function": (
            "Anda meminta data orang yang tidak menyetujui penggunaan ini. Sistem ini tidak memiliki "
            "fungsi seperti itu. Sebuah pertanyaan hanya mencapai data seseorang jika orang itu telah "
            "menyetujui tujuannya, dan tidak ada yang dapat diatur, dinyalakan, ditandatangani, atau "
            "diperintahkan oleh siapa pun di sini yang mengubahnya. Kami tidak dapat melakukan yang Anda "
            "minta, dan tidak melakukannya."
        ),
        "refused": (
            "Kami tidak bertindak atas surat ini. Alasannya tertulis di bawah. Tidak ada yang dicari "
            "karenanya."
        ),
        "within": (
            "Kami bertindak atas surat ini hanya sejauh orang telah menyetujuinya. Pencarian menurut "
            "surat ini bertanya tepat kepada mereka yang mengizinkan tujuan ini, sama seperti tanpa surat"
            " Anda, dan perkara yang disetujui harus ada lebih dahulu."
        ),
        "recorded": (
            "Surat ini dicatat dalam daftar yang tidak dapat diubah, dan dihitung dalam laporan terbuka "
            "serta pernyataan bulanan kami. Mereka yang bersangkutan diberi tahu, kecuali sebuah larangan"
            " dengan batas waktunya sendiri menundanya."
        ),
        "reasons": "Alasan",
        "key": "Daftar ini adalah bagian dari buku catatan terbuka, ditandatangani dengan kunci",
        "signature": "Tanda tangan dan tanggal",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that is printed."""

    language: str
    process: LegalProcess
    reference: str
    body: str
    reasons: tuple[str, ...]
    key: str
    words: dict[str, str]

    @property
    def issued(self) -> str:
        return written(self.process.issued_on, self.language)

    @property
    def received(self) -> str:
        return written(self.process.received_at, self.language)


def written(day: date, language: str) -> str:
    """A day as the letter's own language writes it: 30 May 2026, 30 Mei 2026."""
    with override(language):
        return date_format(day, "j F Y")


def letter(process: LegalProcess, language: str) -> Letter | None:
    """The answer to this paper; None while it has none."""
    steps = process.steps.filter(kind=processes.Step.MOVE).order_by("order")
    answer = steps.filter(state__in=[State.REJECTED, State.ACTED]).first()
    if answer is None:
        return None
    words = WORDS[language]
    acted = answer.state == State.ACTED
    body = "within" if acted else "no_function" if process.compels_non_consenting else "refused"
    return Letter(
        language=language,
        process=process,
        reference=str(process.id),
        body=words[body],
        reasons=(answer.reason,),
        key=str(checkpoints.signer()),
        words=words,
    )
