//! The rules of each language, after the Unicode CLDR 48: `numbers` (marks, patterns, short compact
//! numbers) and `dates/gregorian` (names; the patterns of the skeletons yMMMEd, MMMEd, MMMd, yMMMd,
//! yMMMM, yMMM and Hm). <https://github.com/unicode-org/cldr-json>. The tests hold them against ICU 78.
//!
//! Four things are otherwise. A minus sign is U+2212 in every language: it lines up with digits and
//! never breaks from them. Where French groups with U+202F it is U+00A0, because typefaces of mail
//! programs and ours lack the narrow one. The Swiss apostrophe is U+2019, as CLDR had it up to 47. And
//! signs of currencies are those of [`crate::domain::money::Currency::symbol`] everywhere: `$` is never
//! `US$` or `$US`, because a report has one currency and names it on top.

use super::rules::Rules;

/// Of the standard.
const POWERS: &[(i32, &str)] = &[(12, "T"), (9, "bn"), (6, "M"), (3, "k")];

/// Daybook's own: what reports said before there was a choice.
pub const EN: Rules = Rules {
    decimal: '.',
    group: ',',
    group_from: 4,
    percent: "0%",
    money: "¤0",
    negative_money: "-¤0",
    compact: POWERS,
    months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    short_weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    date: "EEE d MMM y",
    day: "EEE d MMM",
    short_day: "d MMM",
    stamp: "dd MMM y",
    day_stamp: "dd MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const EN_GB: Rules = Rules {
    short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
    date: "EEE, d MMM y",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    compact: &[(12, "tn"), (9, "bn"), (6, "m"), (3, "k")],
    ..EN
};

pub const EN_US: Rules = Rules {
    date: "EEE, MMM d, y",
    day: "EEE, MMM d",
    short_day: "MMM d",
    stamp: "MMM d, y",
    day_stamp: "MMM d",
    time: "h:mm\u{a0}a",
    compact: &[(12, "T"), (9, "B"), (6, "M"), (3, "K")],
    ..EN
};

pub const DE: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 4,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}Bio."), (9, "\u{a0}Mrd."), (6, "\u{a0}Mio.")],
    months: ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
    short_months: ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."],
    weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    short_weekdays: ["Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."],
    date: "EEE, d. MMM y",
    day: "EEE, d. MMM",
    short_day: "d. MMM",
    stamp: "d. MMM y",
    day_stamp: "d. MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const DE_CH: Rules = Rules {
    decimal: '.',
    group: '’',
    percent: "0%",
    money: "¤\u{a0}0",
    negative_money: "¤-0",
    ..DE
};

pub const FR: Rules = Rules {
    decimal: ',',
    group: '\u{a0}',
    group_from: 4,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}Bn"), (9, "\u{a0}Md"), (6, "\u{a0}M"), (3, "\u{a0}k")],
    months: ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    short_months: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    short_weekdays: ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
    date: "EEE d MMM y",
    day: "EEE d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const ES: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 5,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}B"), (6, "\u{a0}M"), (3, "\u{a0}mil")],
    months: ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
    short_months: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
    weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    short_weekdays: ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
    date: "EEE, d MMM y",
    day: "EEE, d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL 'de' y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const IT: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 5,
    percent: "0%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}Bln"), (9, "\u{a0}Mld"), (6, "\u{a0}Mln"), (3, "K")],
    months: ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
    short_months: ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
    weekdays: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    short_weekdays: ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
    date: "EEE d MMM y",
    day: "EEE d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const NL: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 4,
    percent: "0%",
    money: "¤\u{a0}0",
    negative_money: "¤\u{a0}-0",
    compact: &[(12, "\u{a0}bln."), (9, "\u{a0}mld."), (6, "\u{a0}mln."), (3, "K")],
    months: ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"],
    short_months: ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    weekdays: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
    short_weekdays: ["ma", "di", "wo", "do", "vr", "za", "zo"],
    date: "EEE d MMM y",
    day: "EEE d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const PL: Rules = Rules {
    decimal: ',',
    group: '\u{a0}',
    group_from: 5,
    percent: "0%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}bln"), (9, "\u{a0}mld"), (6, "\u{a0}mln"), (3, "\u{a0}tys.")],
    months: ["styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"],
    short_months: ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"],
    weekdays: ["poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"],
    short_weekdays: ["pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."],
    date: "EEE, d MMM y",
    day: "EEE, d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const PT_BR: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 4,
    percent: "0%",
    money: "¤\u{a0}0",
    negative_money: "-¤\u{a0}0",
    compact: &[(12, "\u{a0}tri"), (9, "\u{a0}bi"), (6, "\u{a0}mi"), (3, "\u{a0}mil")],
    months: ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
    short_months: ["jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."],
    weekdays: ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
    short_weekdays: ["seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."],
    date: "EEE, d 'de' MMM 'de' y",
    day: "EEE, d 'de' MMM",
    short_day: "d 'de' MMM",
    stamp: "d 'de' MMM 'de' y",
    day_stamp: "d 'de' MMM",
    month: "LLLL 'de' y",
    short_month: "MMM 'de' y",
    time: "HH:mm",
    duration: ':',
};

pub const SV: Rules = Rules {
    decimal: ',',
    group: '\u{a0}',
    group_from: 4,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}bn"), (9, "\u{a0}md"), (6, "\u{a0}mn"), (3, "\u{a0}tn")],
    months: ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
    short_months: ["jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."],
    weekdays: ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"],
    short_weekdays: ["mån", "tis", "ons", "tors", "fre", "lör", "sön"],
    date: "EEE d MMM y",
    day: "EEE d MMM",
    short_day: "d MMM",
    stamp: "d MMM y",
    day_stamp: "d MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const DA: Rules = Rules {
    decimal: ',',
    group: '.',
    group_from: 4,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}bio."), (9, "\u{a0}mia."), (6, "\u{a0}mio."), (3, "\u{a0}t")],
    months: ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"],
    short_months: ["jan.", "feb.", "mar.", "apr.", "maj", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec."],
    weekdays: ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"],
    short_weekdays: ["man.", "tirs.", "ons.", "tors.", "fre.", "lør.", "søn."],
    date: "EEE d. MMM y",
    day: "EEE d. MMM",
    short_day: "d. MMM",
    stamp: "d. MMM y",
    day_stamp: "d. MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH.mm",
    duration: '.',
};

pub const NB: Rules = Rules {
    decimal: ',',
    group: '\u{a0}',
    group_from: 4,
    percent: "0\u{a0}%",
    money: "0\u{a0}¤",
    negative_money: "-0\u{a0}¤",
    compact: &[(12, "\u{a0}bill."), (9, "\u{a0}mrd."), (6, "\u{a0}mill."), (3, "k")],
    months: ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"],
    short_months: ["jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."],
    weekdays: ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"],
    short_weekdays: ["man.", "tir.", "ons.", "tor.", "fre.", "lør.", "søn."],
    date: "EEE d. MMM y",
    day: "EEE d. MMM",
    short_day: "d. MMM",
    stamp: "d. MMM y",
    day_stamp: "d. MMM",
    month: "LLLL y",
    short_month: "MMM y",
    time: "HH:mm",
    duration: ':',
};

pub const JA: Rules = Rules {
    compact: &[(12, "兆"), (8, "億"), (4, "万")],
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    short_months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    weekdays: ["月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"],
    short_weekdays: ["月", "火", "水", "木", "金", "土", "日"],
    date: "y年M月d日(EEE)",
    day: "M月d日(EEE)",
    short_day: "M月d日",
    stamp: "y年M月d日",
    day_stamp: "M月d日",
    month: "y年LLLL",
    short_month: "y年LLLL",
    ..EN
};
