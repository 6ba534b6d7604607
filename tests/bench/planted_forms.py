"""What is planted: details of people who do not exist, in the words of many languages, and the header lines
that carry them. How they fare is counted in `planted`.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# fmt: off

_GIVEN = (
    *("Jane", "Oliver", "Siân", "Saoirse", "Mary-Ann", "Jürgen", "Anneliese", "Zoë", "Chloé", "François", "José"),
    *("María", "Giulia", "João", "Siti", "Budi", "Dewi", "Agus", "Putu", "Ni Luh", "I Made", "Nurhayati", "Bambang"),
    *("Muhammad", "Fatima", "Ahmed", "Amina", "Chinedu", "Ngozi", "Thandiwe", "Priya", "Rajesh", "Wei", "Xiaoming"),
    *("Yuki", "Hiroshi", "Minh", "Linh", "Olga", "Dmitri", "Łukasz", "Ağça", "Björn", "Åsa", "Sinéad", "D'Angelo"),
)
_FAMILY = (
    *("Doe", "O'Brien", "Smith-Jones", "McDonald", "Müller", "Groß", "Dubois", "Lefèvre", "García Márquez", "Rossi"),
    *("dos Santos", "van der Berg", "de Vries", "Wijaya", "Sudirman", "Simanjuntak", "Hutapea", "binti Abdullah"),
    *("bin Rashid", "al-Farsi", "Okonkwo", "Nkosi", "Sharma", "Iyer", "Chen", "Wang", "Tanaka", "Nguyen", "Ivanova"),
    *("Kowalski", "Yılmaz", "Lindström", "Ó Súilleabháin", "Pérez", "Nurdiansyah", "Tampubolon", "Kusumawardhani"),
)
_WHOLE = ("Suharto", "Sukarno", "王小明", "山田太郎", "김민수", "Анна Петрова", "محمد علي", "Soekarnoputri", "Ngurah Rai")
_MONTHS = {
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    "short": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "id": ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"],
    "de": ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
    "fr": ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    "es": ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
}
_TOWNS = ("Jakarta", "Leeds", "Springfield", "Köln", "Lyon", "Surabaya", "Utrecht", "Kota Bandung", "Salamanca")


@dataclass(frozen=True, slots=True)
class Planted:
    """A header line with something planted in it; `secrets` must not be in what is kept of it."""

    kind: str
    line: str
    secrets: tuple[str, ...]


Maker = Callable[[random.Random], tuple[str, tuple[str, ...]]]


def lines(count: int, *, seed: int) -> Iterator[Planted]:
    """So many lines, each with one detail; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    for number in range(count):
        kind = list(MAKERS)[number % len(MAKERS)]
        text, secrets = MAKERS[kind](chance)
        yield Planted(kind, text if text.startswith(("#", "@")) else _carried(chance, text), secrets)


def _carried(chance: random.Random, text: str) -> str:
    carriers = (
        *("# {}", "# {}", "#{}", "## {}", "##note={}", "##comment={}", "##laboratory={}", "@CO\t{}", "@CO\t{}"),
        *('##META=<ID=Note,Description="{}">', '##INFO=<ID=XX,Number=1,Type=String,Description="{}">'),
        *("# Sequenced on NovaSeq 6000. {}", "# {} (see the enclosed letter)", "##remark=2024-05-01; {}"),
    )
    return chance.choice(carriers).format(text)


def _name(chance: random.Random) -> str:
    if chance.random() < 0.12:
        return chance.choice(_WHOLE)
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    return chance.choice((f"{given} {family}", f"{given} {family}", f"{given} {family[:1].upper()}. {family}"))


def _labelled_name(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    name = _name(chance)
    form = chance.choice(
        (
            *("Patient: {}", "Patient name: {}", "patient_name={}", "Name: {}", "Full name: {}", "Donor: {}"),
            *("Nama: {}", "Nama pasien: {}", "Nama Lengkap : {}", "Pasien {}", "a.n. {}", "Ibu {}", "Bapak {}"),
            *("Nom: {}", "Nombre: {}", "Naam: {}", "Name des Patienten: {}", "Prepared for {}", "Report for {}"),
            *("Customer = {}", "raw data of {}", "This file belongs to {}", "Results for: {}", "Ordered by Dr. {}"),
            *("Referring physician: {}", "Subject name: {}", "Mother's name: {}", "Account holder: {}", "Mr {}"),
            *("DNA kit of {}", "Contact: {}", "Proband: {}", "Dear {}", "Mrs. {}", "Owner: {}", "姓名: {}"),
        )
    )
    return form.format(name), (name,)


def _bare_name(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    given, family = chance.choice(_GIVEN), chance.choice([one for one in _FAMILY if one[:1].isupper()])
    form = chance.choice(("# {}", "##note={}", "@CO\t{}", "#{}"))
    return form.format(f"{given} {family}"), (given, family)


def _file_name(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    given, family = chance.choice(("Jane", "Budi", "Siti", "Oliver", "Priya")), chance.choice(("Doe", "Wijaya", "Chen"))
    form = chance.choice(
        ("genome_{0}_{1}_v5_Full_20200101120000.txt", "file {0}_{1}.vcf.gz", "from {0}-{1}_exome.bam", "{0}_{1}.g.vcf")
    )
    return form.format(given, family), (given, family)


def _date(chance: random.Random) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1930, 2020)
    word = {language: names[month - 1] for language, names in _MONTHS.items()}
    return chance.choice(
        (
            *(f"{year}-{month:02}-{day:02}", f"{day:02}/{month:02}/{year}", f"{month}/{day}/{year}", f"{day}.{month}.{year}"),
            *(f"{year}{month:02}{day:02}", f"{day} {word['en']} {year}", f"{word['en']} {day}, {year}", f"{year}/{month}/{day}"),
            *(f"{day:02}-{word['short']}-{year}", f"{day} {word['id']} {year}", f"{day}. {word['de']} {year}"),
            *(f"{day} {word['fr']} {year}", f"{day} de {word['es']} de {year}", f"{year}年{month}月{day}日", f"{day:02}-{month:02}-{year}"),
            *(f"{word['short']} {day} {year}", f"{day}{'st' if day in (1, 21) else 'th'} of {word['en']} {year}"),
        )
    )


def _birth(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    date, town = _date(chance), chance.choice(_TOWNS)
    form = chance.choice(
        (
            *("DOB: {d}", "dob={d}", "D.O.B. {d}", "Date of birth: {d}", "Birth date {d}", "birthdate={d}", "Born {d}"),
            *("born on {d}", "born in {t} on {d}", "Tanggal lahir: {d}", "Tgl. Lahir: {d}", "TTL: {t}, {d}", "Lahir di {t}, {d}"),
            *("Geburtsdatum: {d}", "geboren am {d}", "née le {d}", "Date de naissance : {d}", "Fecha de nacimiento: {d}"),
            *("geboortedatum {d}", "生年月日: {d}", "date_of_birth={d}", "Patient DOB - {d}", "Tempat/Tanggal Lahir: {t} / {d}"),
        )
    )
    return form.format(d=date, t=town), (date,)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(str(chance.randint(1, 9)) for _ in range(count))


def _record_number(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    some = chance.choice((_digits(chance, 7), f"{_digits(chance, 2)}-{_digits(chance, 5)}", f"H{_digits(chance, 6)}"))
    nhs = f"{_digits(chance, 3)} {_digits(chance, 3)} {_digits(chance, 4)}"
    nik, ssn = _digits(chance, 16), f"{_digits(chance, 3)}-{_digits(chance, 2)}-{_digits(chance, 4)}"
    form, number = chance.choice(
        (
            *(("MRN: {}", some), ("mrn={}", some), ("MRN {}", some), ("Medical record number: {}", some)),
            *(("Hospital no. {}", some), ("Patient ID: {}", some), ("PatientID={}", some), ("Accession No: {}", some)),
            *(("No. RM: {}", some), ("Nomor rekam medis: {}", some), ("No RM {}", some), ("Kit number: {}", some)),
            *(("NHS number: {}", nhs), ("NHS No {}", nhs), ("nhs {}", nhs.replace(" ", "")), ("ref {}", nhs)),
            *(("NIK: {}", nik), ("NIK {}", nik), ("No. KTP: {}", nik), ("id {}", nik), ("KTP {}", nik), ("BPJS: {}", _digits(chance, 13))),
            *(("SSN: {}", ssn), ("SSN {}", ssn), ("social security number {}", ssn), ("tax {}", ssn)),
            *(("Passport no: {}", f"C{_digits(chance, 7)}"), ("Paspor: {}", f"A{_digits(chance, 7)}"), ("BSN: {}", _digits(chance, 9))),
            *(("Fallnummer: {}", some), ("Aadhaar: {}", f"{_digits(chance, 4)} {_digits(chance, 4)} {_digits(chance, 4)}"),),
            *(("Member ID: {}", some), ("barcode {}", f"GFX{_digits(chance, 7)}"), ("Insurance number: {}", some)),
        )
    )
    return form.format(number), (number,)


def _email(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    given, family = re.sub(r"\W", "", chance.choice(_GIVEN)).lower(), re.sub(r"\W", "", chance.choice(_FAMILY)).lower()
    host = chance.choice(("example.org", "mail.example.co.uk", "rs-sehat.example.id", "example.com", "uni-example.de"))
    address = chance.choice((f"{given}.{family}@{host}", f"{given}{_digits(chance, 2)}@{host}", f"{family}+dna@{host}"))
    return chance.choice(("contact {}", "e-mail: {}", "<{}>", "sent to {} today", "surel {}", "mailto:{}")).format(address), (address,)


def _phone(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    d = _digits
    form, number = chance.choice(
        (
            *(("Tel: {}", f"+44 20 7{d(chance, 3)} {d(chance, 4)}"), ("phone {}", f"(415) 555-{d(chance, 4)}"), ("call {}", f"+1-202-555-{d(chance, 4)}")),
            *(("HP: {}", f"0812-{d(chance, 4)}-{d(chance, 4)}"), ("Telp. {}", f"(021) {d(chance, 3)}-{d(chance, 4)}"), ("WA {}", f"+62 812 {d(chance, 4)} {d(chance, 4)}")),
            *(("No. HP {}", f"0857{d(chance, 8)}"), ("Mobile: {}", f"07{d(chance, 3)} {d(chance, 6)}"), ("Telefon: {}", f"0{d(chance, 3)} / {d(chance, 7)}")),
            *(("Tél. {}", f"06 {d(chance, 2)} {d(chance, 2)} {d(chance, 2)} {d(chance, 2)}"), ("fax={}", f"+49 30 {d(chance, 7)}"), ("reach her at {}", f"+62{d(chance, 11)}")),
            *(("phone: {}", f"{d(chance, 3)}.{d(chance, 3)}.{d(chance, 4)}"), ("{} (evenings)", f"202-555-{d(chance, 4)}")),
        )
    )
    return form.format(number), (number,)


def _address(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    number = chance.randint(2, 199)
    form, address = chance.choice(
        (
            *(("Address: {}", f"{number} Baker Street, London"), ("{}", f"{number} Old Kent Road"), ("lives at {}", f"{number} Elm Ave")),
            *(("Alamat: {}", f"Jl. Diponegoro No. {number}, Bandung"), ("{}", f"Jalan Gatot Subroto {number}"), ("alamat {}", f"Jln Mawar No.{number}")),
            *(("Anschrift: {}", f"Lindenstraße {number}, 10969 Berlin"), ("{}", f"Goethestr. {number}"), ("Adres: {}", f"Prinsengracht {number}")),
            *(("{}", f"{number} rue de la Paix"), ("Dirección: {}", f"Calle Mayor {number}, Madrid"), ("{}", f"Via Garibaldi {number}")),
            *(("home address {}", f"{number} Maple Drive, Springfield, IL 62704"), ("postcode {}", f"SW1A {number % 9 + 1}AA"), ("{}", f"PO Box {number}")),
            *(("Domisili: {}", f"Perumahan Griya Asri Blok C{number}"), ("住所: {}", f"東京都新宿区西新宿{number}番地"), ("Kode pos: {}", f"40{number:03}")),
        )
    )
    return form.format(address), (address,)


def _path(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    user = re.sub(r"\W", "", chance.choice(_GIVEN)).lower() + chance.choice(("", "doe", ".doe", "_w", "84"))
    form = chance.choice(
        (
            *("/home/{}/run7/calls.vcf", "file:///home/{}/hs37d5.fa", "/Users/{}/Desktop/dna.txt", "C:\\Users\\{}\\Downloads\\a.zip"),
            *("C:\\Documents and Settings\\{}\\x.txt", "/mnt/c/Users/{}/dna", "~{}/panel.bed", "/export/home/{}", "/media/{}/USB/x.bam"),
            *("/data/users/{}/ref.fa", "\\\\server\\users\\{}\\x", "/home2/{}/tmp", "/lustre/home/{}/in.cram", "/gpfs/staff/{}/o"),
        )
    )
    return form.format(user), (user,)


def _sample(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    name = chance.choice((chance.choice(_GIVEN[:4]) + "Doe" + _digits(chance, 2), f"S-{_digits(chance, 6)}", f"RSCM{_digits(chance, 5)}"))
    form = chance.choice(
        (
            *("@RG\tID:1\tSM:{}\tPL:ILLUMINA", "@RG\tID:1\tPL:ILLUMINA\tSM:x\tLB:{}", "@RG\tID:1\tSM:x\tPU:{}", "@RG\tID:a\tDS:{}"),
            *("##SAMPLE=<ID={},Assay=WGS>", '##SAMPLE=<ID=x,Description="{}">', "##PEDIGREE=<ID=x,Father={}>", "##sample_id={}"),
            *("# Sample ID: {}", "# sample name = {}", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}", "# Sample: {}"),
        )
    )
    return form.format(name), (name,)


def _command(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    name = re.sub(r"\W", "", chance.choice(_GIVEN)) + re.sub(r"\W", "", chance.choice(_FAMILY)) + _digits(chance, 2)
    form = chance.choice(
        (
            *("##bcftools_viewCommand=view -Oz {}.bcf; Date=Tue May 1", '##GATKCommandLine=<ID=HC,CommandLine="HaplotypeCaller -I {}.bam">'),
            *("@PG\tID:bwa\tPN:bwa\tCL:bwa mem -t 8 ref.fa {}_1.fq {}_2.fq", "@PG\tID:x\tPN:samtools\tCL:samtools sort {}.bam"),
            *('##commandline="freebayes -f ref.fa {}.bam"', "##cmd=call --in {} --out x", '##UnifiedGenotyper="analysis_type=U input_file=[{}.bam]"'),
            *("##DeepVariant_command=run --reads {}.bam", "##source=strelka --bam {}.bam -o x", "##options=-i {}"),
        )
    )
    return form.format(name, name), (name,)


def _odd(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    """Forms written when the patterns were thought done: .73 of them were found, and patterns were widened."""
    name, date, digits = _name(chance), _date(chance), _digits(chance, 8)
    given = re.sub(r"\W", "", chance.choice(_GIVEN)).lower()
    form, secret = chance.choice(
        (
            *(("Sample submitted on behalf of {}", name), ("Patient (initials and name): {}", name), ("PatientName={}", name)),
            *(("Test subject's name: {}", name), ("Nama anak: {}", name), ("The donor is {}", name), ("Family of {}", name)),
            *(("DOB(dd/mm/yyyy): {}", date), ("Patient born: {}", date), ("d.o.b {}", date), ("birthday: {}", date)),
            *(("Date Of Birth\t{}", date), ("Kelahiran: {}", date), ("BIRTH_DATE: {}", date)),
            *(("UHID: {}", digits), ("Hosp No: {}", digits), ("MR#: {}", digits), ("Unit number {}", digits), ("MRN#{}", digits)),
            *(("Lab no. {}", digits), ("Registration number: {}", digits), ("Case ID {}", digits), ("patient_id: {}", digits)),
            *(("Email address is {}", f"{given}@example.net"), ("reply to {}.", f"{given}_{digits}@example.edu")),
            *(("cell # {}", f"555-{digits[:4]}"), ("Telephone number: {}", f"020 7{digits[:3]} {digits[4:]}"), ("tlp {}", f"0813{digits}")),
            *(("Addr: {}", f"{digits[:2]} Kings Cross Road"), ("Alamat rumah: {}", f"Jl Melati {digits[:2]}"), ("{}", f"{digits[:3]} N Main St")),
            *(("cwd=/home/{}", given), ("output in D:\\Users\\{}\\out", given), ("/Users/{}", given), ("scp x /nfs/home/{}/", given)),
        )
    )
    return form.format(secret), (secret,)


def _held_out(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    """Forms written after that, for which no pattern was changed: what to expect of forms not thought of."""
    name, date, digits = _name(chance), _date(chance), _digits(chance, 8)
    given = re.sub(r"\W", "", chance.choice(_GIVEN)).lower()
    form, secret = chance.choice(
        (
            *(("Proband (mother): {}", name), ("Saliva kit sent to {}", name), ("Thank you {} for your order", name)),
            *(("Interpretation written for {}", name), ("Patient's full name {}", name), ("tester={}", name)),
            *(("Sampel milik {}", name), ("data DNA {}", name), ("PI: {}", name), ("uploaded by user {}", name)),
            *(("DOB-{}", date), ("Birth: {}", date), ("b. {}", date), ("Patient (born {}) consented", date)),
            *(("Date/Place of birth: {}, Medan", date), ("umur/tgl lahir {}", date)),
            *(("Folder no {}", digits), ("EHR id={}", digits), ("Medical Record#: {}", digits), ("referral {}", digits)),
            *(("National Health Number {}", digits), ("No. Lab: {}", digits), ("PatID={}", digits)),
            *(("write to {}", f"{given}@example.name"), ("EMAIL={}", f"{given}.x@clinic.example")),
            *(("Phone (home): {}", f"020 7{digits[:3]} {digits[4:]}"), ("mob. {}", f"0812 {digits[:4]} {digits[4:]}")),
            *(("Ship to: {}", f"{digits[:2]} Mill Lane, Ely"), ("d/a {}", f"Jl. Kenanga {digits[:2]}"), ("{}", f"Am Markt {digits[:2]}")),
            *(("log: /Users/{}/Library/x", given), ("/var/home/{}/x.vcf", given), ("S:\\home\\{}\\f.bam", given)),
        )
    )
    return form.format(secret), (secret,)


MAKERS: dict[str, Maker] = {
    "name, labelled": _labelled_name,
    "name, alone": _bare_name,
    "name in a file's name": _file_name,
    "date of birth": _birth,
    "record number": _record_number,
    "e-mail": _email,
    "telephone": _phone,
    "address": _address,
    "user's folder": _path,
    "sample": _sample,
    "command": _command,
    "odd forms": _odd,
    "held out": _held_out,
}
