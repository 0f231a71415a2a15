//! Questions of a person, one line each. A dialog library would bring its own terminal handling for
//! what lines of text do, and a script could not answer it.

use crate::app::AppError;
use std::io::BufRead;

/// Whoever answers; nobody, where flags and defaults are all there is.
pub struct Asker<'a> {
    from: Option<&'a mut dyn BufRead>,
}

impl<'a> Asker<'a> {
    pub fn new(from: Option<&'a mut dyn BufRead>) -> Self {
        Self { from }
    }

    /// A value that `check` takes: the flag's, else an answer, else the default. A wrong answer is
    /// asked for again, a wrong flag ends the command.
    pub fn value<T>(
        &mut self,
        question: &str,
        flag: Option<&str>,
        default: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, AppError> {
        if let Some(given) = flag {
            return check(given.trim()).map_err(AppError::Usage);
        }
        while let Some(from) = &mut self.from {
            let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            prompt(&format!("{question}{hint}: "));
            let mut line = String::new();
            let read = from.read_line(&mut line).map_err(|error| AppError::Usage(error.to_string()))?;
            if read == 0 {
                return Err(AppError::Usage("the answers ended before the questions; nothing was written".to_owned()));
            }
            let answer = if line.trim().is_empty() { default } else { line.trim() };
            match check(answer) {
                Ok(value) => return Ok(value),
                Err(why) => outln!("  {why}"),
            }
        }
        check(default).map_err(AppError::Usage)
    }

    /// Several values, parted by commas in an answer.
    pub fn list<T>(
        &mut self,
        question: &str,
        flags: &[String],
        default: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, AppError> {
        let given = (!flags.is_empty()).then(|| flags.join(","));
        self.value(question, given.as_deref(), default, |text| {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "none");
            items.map(&check).collect()
        })
    }

    /// Whether somebody answers.
    pub fn asks(&self) -> bool {
        self.from.is_some()
    }
}

fn prompt(text: &str) {
    crate::cli::out::print(text);
}
