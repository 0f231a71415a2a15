//! Names of months and weekdays in English, German, French and Spanish, whole and shortened.

/// Each month's names; shortened ones are listed because `ma` could be two months.
const MONTHS: [&str; 12] = [
    " january jan januar jän jänner janvier janv enero ene ",
    " february feb februar février févr fév fevrier febrero ",
    " march mar märz mär mrz maerz mars marzo ",
    " april apr avril avr abril abr ",
    " may mai mayo ",
    " june jun juni juin junio ",
    " july jul juli juillet juil julio ",
    " august aug août aout agosto ago ",
    " september sep sept septembre septiembre set ",
    " october oct oktober okt octobre octubre ",
    " november nov novembre noviembre ",
    " december dec dezember dez décembre déc decembre diciembre dic ",
];

const WEEKDAYS: &str = " monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat \
    sunday sun montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so lundi lun \
    mardi mar mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim lunes martes miércoles mié jueves jue \
    viernes vie sábado sáb domingo dom ";

/// The month of a name in any case, from 1.
pub fn month(word: &str) -> Option<u32> {
    let padded = padded(word)?;
    (1..).zip(MONTHS).find(|(_, names)| names.contains(&padded)).map(|(month, _)| month)
}

pub fn is_weekday(word: &str) -> bool {
    padded(word).is_some_and(|padded| WEEKDAYS.contains(&padded))
}

fn padded(word: &str) -> Option<String> {
    let is_word = (2..=24).contains(&word.len()) && word.chars().all(char::is_alphabetic);
    is_word.then(|| format!(" {} ", word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_month_s() {
        let names: Vec<&str> = MONTHS.iter().flat_map(|names| names.split_whitespace()).collect();
        assert!(names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1));
        assert_eq!(
            ["NOV", "Dez", "août", "ene", "x", "", "ma"].map(month),
            [Some(11), Some(12), Some(8), Some(1), None, None, None]
        );
        assert!(is_weekday("Tue") && is_weekday("Di") && !is_weekday("nov"));
    }
}
