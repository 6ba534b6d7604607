"""How identifying details look in a line of text: a table of patterns, each with the group `found`.

Labels are known in the languages of the people who send files here and of those who make them. Every
repetition is bounded: a hostile line must not cost more than its length. What is done with a detail is
decided in `screen`.
"""

import re
from enum import StrEnum


class Detail(StrEnum):
    """What kind of detail it is, each with its words."""

    EMAIL = "email"
    SAMPLE_NAME = "sample_name"
    PATH = "path"
    BIRTH = "birth"
    NAME = "name"
    RECORD_NUMBER = "record_number"
    ADDRESS = "address"
    PHONE = "phone"
    COMMAND = "command"
    READ_NAME = "read_name"
    FILE_NAME = "file_name"
    RECORD_TEXT = "record_text"
    WORDS = "words"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Detail.EMAIL: "an e-mail address",
    Detail.SAMPLE_NAME: "the name the laboratory gave the sample",
    Detail.PATH: "a folder on somebody's computer that carries a user's name",
    Detail.BIRTH: "a date of birth",
    Detail.NAME: "a person's name",
    Detail.RECORD_NUMBER: "a patient or record number",
    Detail.ADDRESS: "a postal address",
    Detail.PHONE: "a telephone number",
    Detail.COMMAND: "the command a program was run with, in which files and folders are named",
    Detail.READ_NAME: "names of reads or read groups that may be somebody's",
    Detail.FILE_NAME: "the name that the file had when it was made",
    Detail.RECORD_TEXT: "text beside genotypes that may be about somebody, and more lines may",
    Detail.WORDS: "words of free text that may be about somebody",
}

_BEFORE = r"(?<![^\W_])"  # no letter or digit stands before a label
_IS = r"[\"'\])]{0,2}\s{0,4}(?:[:=#：]|\bis\b|-\s)\s{0,4}[\"'\[(]{0,2}\s{0,4}"
_MAY_BE = rf"(?:{_IS}|\s{{1,4}})"

_MONTH = r"[^\W\d_]{3,12}\.?"
_DATE = (
    rf"{_MONTH}\s{{0,2}}\d{{1,2}}(?:st|nd|rd|th)?,?\s{{1,2}}\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?[\s-]{{0,2}}(?:(?:of|de)\s)?{_MONTH}[\s,-]{{0,2}}(?:de\s)?\d{{2,4}}"
    r"|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|\d{1,4}\s?[./\-]\s?(?:\d{1,2}|[A-Za-z]{3})\s?[./\-]\s?\d{1,4}"
    r"|\d{4}\s\d{2}\s\d{2}|\d{8}|\d{4}"
)
_BIRTH = (
    r"d\.?o\.?b\.?|y\.?o\.?b\.?|(?:date|year|day|place)[\s_-]?of[\s_-]?birth|birth[\s_-]?(?:date|day|year)|born"
    r"|geboren|geburts(?:datum|tag)|geb\.|geboorte(?:datum|dag)|n[ée]e?\sle|(?:date\sde\s)?naissance"
    r"|(?:fecha\sde\s)?nacimiento|nacid[oa]|(?:data\sdi\s)?nascita|nat[oa]\sil|(?:data\sde\s)?nascimento"
    r"|(?:tanggal|tgl|tempat|tahun)\.?[\s_,/-]{0,3}(?:tgl\.?\s?|tanggal\s?)?lahir|(?:ke)?lahir(?:an)?|ttl|生年月日|出生(?:日期)?|дата\sрождения"
)

# A name is words that begin with a capital or are of a script without them, with particles between.
_WORD = r"(?:[ae][a-z]-)?(?![a-zà-öø-ÿ])[^\W\d_][^\W\d_'’.\-]{0,30}(?:['’.\-][^\W\d_]{1,30}){0,3}\.?"
_PARTICLE = r"(?:van|von|der|den|de|del|della|da|dos|di|la|le|bin|binti|bint|ibn|al|el|ter|ten|y|e|af|zu)"
_NAME = rf"{_WORD}(?:[ _](?:{_PARTICLE}[ _]){{0,2}}{_WORD}){{0,4}}(?:,\s?{_WORD}(?:[ _]{_WORD}){{0,2}})?"
_ANY_NAME = r"[^\W\d_](?:[^,;<>\"'\t\n|=:]|'(?=[^\W\d_])){0,60}"
_PERSON = (
    r"patients?|participants?|donors?|customers?|clients?|subjects?|individuals?|probands?|persons?|people|owners?"
    r"|users?|accounts?|holder|member|full|first|last|sur|fore|family|given|middle|maiden|legal|mother(?:'?s)?"
    r"|father(?:'?s)?|child|spouse|contact|doctor|physician|clinician|referr(?:er|ing)|operator|technician|analyst"
    r"|submitter|requester|requestor|consultant|author|tester|kit[\s_-]?owner|next[\s_-]?of[\s_-]?kin"
)
_NAMED = (
    rf"(?:{_PERSON})[\s_-]?names?|account\sholder|name\s(?:of|des|der|du|del?)\s(?:the\s|la\s)?[^\W\d_]{{3,20}}|surname|patient|proband|donor|customer|client|participant"
    r"|nama(?:[\s_-]?[^\W\d_]{2,12})?|pasien|pemilik|[^\W\d_]{2,20}'?s\sname"
    r"|patientenname|vorname|nachname|familienname|naam|achternaam|voornaam|nom(?:[\s_](?:complet|de\sfamille))?"
    r"|prénom|prenom|nombre(?:[\s_]completo)?|apellidos?|cognome|nome(?:[\s_]completo)?|sobrenome|имя|фамилия|пациент"
    r"|姓名|氏名|患者(?:名)?|名前|이름|성명|환자|الاسم|اسم"
)
_LOOSELY_NAMED = (
    r"(?:prepared|generated|created|made|report|results?|requested|ordered|collected|tested)\s(?:exclusively\s)?for"
    r"|results?\sof|(?:family|parents?|mother|father|son|daughter|child|sister|brother|wife|husband|relative|cousin|aunt|uncle)\sof"
    r"|(?:on\s)?behalf\sof|care\sof|courtesy\sof|property\sof|belongs\sto|property\sof|(?:raw\s)?(?:data|dna|genome|genotypes?|exome|saliva|sample|kit|file)\s(?:of|for)"
    r"|(?:requested|ordered|submitted|uploaded|signed|reviewed|collected|analy[sz]ed|referred|run|called|sequenced|processed)\sby"
    r"|attn\.?|attention|dear|hello|c/o|untuk|milik|atas\snama|a\.n\.|für|voor|pour|para|patient|pasien|proband|donor"
)
_ROLES = (
    r"contact|owner|operator|submitter|name|physician|doctor|clinician|technician|analyst|consultant|requester|person"
    r"|subject|individual|author"
)
_TECHNICAL = (  # words of titles that are no names
    r"(?i:type|raw|data|file|genome|build|human|reference|dna|version|genotypes?|sample|format|results?|report|health|chromosome"
    r"|complete|exome|whole|genomics?|sequencing|ancestry\w*|living|family|my\w*|array|panel|header|end|begin|start|this|the"
    r"|national|personal|customer|service|health|medical|united|european|american|international|university|institute|center|centre"
    r"|please|note|fields?|contains?|some|list|number|columns?|notice|terms|copyright|warning|more|for|we|all|each)\b"
)
_TITLES = r"(?:Mrs?|Ms|Miss|Mx|Dr|Prof|Sir|Herr|Frau|Hr|Fr|Mme|Mlle|Sra?|Srta|Sig|Ibu|Bapak|Bpk|Bp|Pak|Bu|Sdri?|Tn|Ny|Nn|Drg|Hj|H|Raden|Haji)"

_NUMBERED = (
    r"mrn|m\.r\.n\.|med(?:ical)?[\s_.-]?rec(?:ord)?s?|(?:patient|hospital|record|chart|case|clinic|file|member|health"
    r"|insurance|policy|accession|specimen|order|requisition|customer|client|participant|subject|donor|person|account"
    r"|kit|visit|encounter|tube|barcode|individual|family|study|identity|national|citizen|personal|id|card)"
    r"[\s_.-]?(?:id(?:entifier)?|no|nr|num(?:ber)?|code|card|#)|kit|barcode|accession|(?:nomor|no)\.?[\s_]?(?:rm|rekam\s?medi[sk]|pasien"
    r"|ktp|kk|bpjs|peserta|induk)|rekam\s?medi[sk]|nhs|chi|ssn|social[\s_-]?security|nik|n\.i\.k\.|ktp|nokk|bpjs|paspor|passport"
    r"|nino|national\sinsurance|bsn|burgerservicenummer|nir|insee|num[ée]ro\sde\ss[ée]curit[ée]\ssociale|dni|nie|curp|rfc|cpf|rg"
    r"|aadhaa?r|pan|abha|hkid|nric|fin|ic|cnp|pesel|personnummer|cpr|ahv|svnr|steuer-?id|versichertennummer|krankenkasse"
    r"|fallnummer|patienten(?:nummer|-?id)|patientnummer|numero\sdi\spaziente|codice\sfiscale|medicare|medicaid|病歴番号|病历号|身份证(?:号)?"
)
_ANY_NUMBERED = (  # whatever else is numbered, where no such thing is meant
    r"(?!(?:tax|snp|rs|build|chip|array|version|release|chr\w*|batch|chromosome|run|lane|flow\w*|genome|ploidy|uu|idx))"
    r"[^\W\d_]{2,20}[\s_.-]?(?:id|no|nr|num(?:ber)?|nummer|#)|mr|registration|nomor"
)
_NUMBER_LABEL = r"\.?(?:[\s_.-]{0,2}(?:no|nr|num(?:ber)?|id|code|#|№))?\.?"
_NUMBER = r"(?=[A-Z0-9 ./\-]{0,12}\d[A-Z0-9 ./\-]{0,12}\d)[A-Za-z0-9](?:[A-Za-z0-9./\-]|\s(?=\d)){1,31}"

_ADDRESSED = (
    r"(?:(?:home|postal|mailing|street|billing|shipping|residential|patient|ship\sto|bill\sto)[\s_-]?)?address(?:e[sn]?)?|addr\.?"
    r"|residence|resident\sof|lives\s(?:at|in)|living\sat|street|alamat(?:\s(?:rumah|domisili))?|tempat\stinggal|domisili|anschrift"
    r"|wohnhaft(?:\sin)?|adres|woonplaats|domicile|direcci[oó]n|domicilio|indirizzo|residenza|endere[cç]o|morada|住所|地址|住址|адрес|العنوان"
    r"|(?:post|zip|postal)[\s_-]?code|kode\spos|postleitzahl|plz|zip"
)
_STREETS = (
    r"\d{1,5}[A-Za-z]?(?:-\d{1,4})?,?\s(?:[A-Z][\w'’.\-]{0,20}\s){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close|Way|Place|Pl|Terrace|Crescent|Square"
    r"|Sq|Gardens|Grove|Row|Hill|Park|Parkway|Pkwy|Mews|Walk|Circle|Highway|Hwy|Trail|Loop)\b\.?(?:,[^\"<>\t;|]{0,60})?"
    r"|(?<![^\W_])(?:Jl|Jln|Jalan|Gg|Gang|Komplek|Komp|Perumahan|Perum|Dusun|Dsn|Desa|Kampung|Kp)\.?\s[A-Z][^\"<>\t;|]{2,80}"
    r"|(?<![^\W_])[A-ZÄÖÜ][\wäöüß\-]{1,30}(?:straße|strasse|str\.|weg|gasse|platz|allee|ufer|ring|damm|straat|laan|plein|gracht"
    r"|kade|dijk|singel|gatan|vägen|gade|vej|veien|katu)\s\d{1,4}\s?[a-zA-Z]?\b(?:,[^\"<>\t;|]{0,60})?"
    r"|\d{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|allée|chemin|impasse|quai|cours|route)\s[^\"<>\t;|]{2,60}"
    r"|(?<![^\W_])(?:Calle|Avenida|Av\.|Avda\.|Plaza|Paseo|Carrera|Via|Viale|Piazza|Corso|Rua|Travessa|Praça|ul\.|ulica|Ulitsa|ул\.)"
    r"\s[^\W\d_][^\"<>\t;|\d]{1,40},?\s?(?:n[.ºo°]{0,2}\s?|No\.?\s?)?\d{1,5}[A-Za-z]?\b(?:,[^\"<>\t;|]{0,60})?"
    r"|(?<![^\W_])P\.?\s?O\.?\s?Box\s\d{1,6}|(?<![^\W_])RT[\s.]?\d{1,3}\s?/\s?(?:RW[\s.]?)?\d{1,3}"
    r"|(?<![\w.\-])[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?![\w\-])"
    r"|,\s(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
    r"\s\d{5}(?:-\d{4})?\b"
)
_PHONED = (
    r"(?:tele)?phones?|tel|telp|telepon|telefon|t[ée]l(?:[ée]phone)?|tel[ée]fono|telefoon|telefone|mobile|mobil|mob|cell(?:ular)?|handy"
    r"|fax|hp|hand\s?phone|wa|whatsapp|ponsel|gsm|portable|m[oó]vil|cellulare|celular|電話|电话|手机|전화|тел|телефон|هاتف"
    r"|contact[\s_-]?(?:no|number|phone)|call|sms|ring"
)
_PHONE = r"\+?\(?\d[\d\s().\-/]{5,22}\d"
_PHONES = (
    r"(?<![\w.+\-:])\+\d{1,3}[\s.\-]?\(?\d{1,5}\)?(?:[\s.\-]?\d{2,5}){1,5}(?![\w])"
    r"|(?<![\w.\-])\(\d{2,5}\)\s?\d{3,4}[\s\-]?\d{3,4}\b|(?<![\w.\-])\d{3}[\-.]\d{3}[\-.]\d{4}(?![\w.\-])"
    r"|(?<![\w.\-])08\d{2}[\s\-]?\d{3,4}[\s\-]?\d{3,5}(?![\w.\-])|(?<![\w.\-])0\d{2,4}[\s]\d{3,4}[\s]?\d{3,4}(?![\w.\-])"
)

_NOBODY = (  # users that are no persons
    r"(?:runner|root|ubuntu|users?|docker|jenkins|shared?|public|galaxy|dnanexus|ec2-user|jovyan|work|test|software|bin|lib"
    r"|local|data|references?|genomes?|default|all users|guest|admin|centos|vagrant|conda|removed)(?![\w.\-])"
)
_ROOTS = r"[/\\](?:home\d?|users?|usr/people|staff|students?|people|export/home|run/media|media|Documents and Settings|nfs_[a-z])"
_EXTENSIONS = r"(?:txt|vcf|g\.vcf|csv|tsv|zip|bam|cram|sam|bcf|fastq|fq|gz|pdf|xlsx?|docx?|json|html?)"


def _labelled(labels: str, value: str, *, after: str = "", between: str = _IS) -> re.Pattern[str]:
    """One of the labels in any case, and behind it the value, whose case may matter."""
    return re.compile(rf"{_BEFORE}(?i:(?:{labels}){after}){between}(?P<found>{value})")


PATTERNS: tuple[tuple[Detail, re.Pattern[str]], ...] = (
    (Detail.EMAIL, re.compile(r"(?P<found>[\w.+%'\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5})")),
    (
        Detail.PATH,
        re.compile(
            rf"(?i:{_ROOTS}|%2F(?:home|users))(?:[/\\]{{1,2}}|%2F)(?!(?i:{_NOBODY}))"
            r"(?P<found>[^/\\,;\"'<>\t\n%]{1,64}(?=[/\\])|[^/\\\s,;\"'<>%)\]]{1,64})"
        ),
    ),
    (Detail.PATH, re.compile(r"(?<![\w~])~(?P<found>[^\W\d][\w.\-]{1,32})(?=[/\\])")),
    (
        Detail.BIRTH,
        re.compile(
            rf"{_BEFORE}(?i:{_BIRTH})(?![^\W_]{{3}})[^\d\n<>;|]{{0,50}}?(?<![\w])(?P<found>(?i:{_DATE}))(?![^\W_])"
        ),
    ),
    (Detail.NAME, _labelled(_NAMED, _ANY_NAME)),
    (Detail.NAME, _labelled(rf"{_LOOSELY_NAMED}|{_ROLES}", rf"(?:{_TITLES}\.?\s)?{_NAME}")),
    (  # with no sign between a label and a name, that is no word in capitals
        Detail.NAME,
        _labelled(_LOOSELY_NAMED, rf"(?:{_TITLES}\.?\s)?(?!\S{{0,30}}[A-Z]{{2}}){_NAME}", between=r"\s{1,4}"),
    ),
    (Detail.NAME, re.compile(rf"(?<![^\W_]){_TITLES}\.?\s(?P<found>{_NAME})")),
    (  # in a comment: two words or more in capitals after a preposition, or after a verb
        Detail.NAME,
        re.compile(
            rf"^(?:#(?!#)|##(?!INFO|FORMAT|FILTER|ALT|META|reference|source|assembly)[a-z ]|@CO\t).{{0,200}}?(?<![^\W_])"
            rf"(?i:of|for|by|to|from|with|is|was|are)\s(?!{_TECHNICAL}|\S{{0,30}}[A-Z]{{2}})"
            rf"(?P<found>{_WORD}(?: (?!{_TECHNICAL}|\S{{0,30}}[A-Z]{{2}})(?:{_PARTICLE} )?{_WORD}){{1,3}})"
        ),
    ),
    (  # a line, or a note, that is nothing but a name
        Detail.NAME,
        re.compile(
            rf"^(?:#{{1,2}}|@CO\t|##(?i:note|notes|comment|remark|label|title|for|by|of)=)\s{{0,4}}[\"']?(?!{_TECHNICAL})"
            rf"(?P<found>{_WORD}(?: (?!{_TECHNICAL})(?:{_PARTICLE} )?{_WORD}){{1,3}})[\"']?\s{{0,4}}$"
        ),
    ),
    (
        Detail.NAME,
        re.compile(
            rf"(?<![^\W])(?:[a-z]+_)?(?P<found>(?!Homo_)[A-Z][a-zà-ÿ]{{1,20}}[_\-](?:[A-Z]_)?[A-Z][a-zà-ÿ]{{1,20}})"
            rf"(?:[_\-.][\w\-]{{1,40}}){{0,3}}\.{_EXTENSIONS}\b"
        ),
    ),
    (Detail.RECORD_NUMBER, _labelled(_NUMBERED, _NUMBER, after=_NUMBER_LABEL, between=_MAY_BE)),
    (
        Detail.RECORD_NUMBER,
        _labelled(_ANY_NUMBERED, r"[A-Z]{0,3}-?\d[\d-]{4,20}(?![\w.])", after=_NUMBER_LABEL, between=_MAY_BE),
    ),
    (
        Detail.RECORD_NUMBER,
        re.compile(r"(?<![\w.\-])(?P<found>\d{3}-\d{2}-\d{4}|\d{3}[\s\-]\d{3}[\s\-]\d{4})(?![\w.\-])"),
    ),
    (
        Detail.RECORD_NUMBER,
        re.compile(r"(?<![\w.\-])(?P<found>\d{16}|\d{4}\s\d{4}\s\d{4}(?:\s\d{4})?)(?![\w.\-])"),
    ),
    (
        Detail.SAMPLE_NAME,
        _labelled(
            r"sample[\s_-]?(?:name|id|identifier|no|number|code|alias)|samples?(?=\s?[:：])|contoh|sampel|probe|échantillon|muestra",
            r"[^\W_][^\s,;<>\"'|]{0,63}(?:\s[A-Z][^\s,;<>\"'|]{0,30}){0,2}",
        ),
    ),
    (Detail.ADDRESS, _labelled(_ADDRESSED, r"(?!https?:|www\.|ftp:)[^\s\"<>\t;|][^\"<>\t;|]{2,120}")),
    (Detail.ADDRESS, re.compile(rf"(?P<found>{_STREETS})")),
    (Detail.PHONE, _labelled(_PHONED, _PHONE, after=_NUMBER_LABEL, between=rf"(?:{_IS}|\s{{0,4}})")),
    (Detail.PHONE, re.compile(rf"(?P<found>{_PHONES})")),
)
