//! Answers of mail servers and of Slack: none but a whole, good one makes a message sent.

use super::Trial;
use crate::drops::fuzz::bytes::Chance;
use daybook::delivery::settings::{DeliveryConfig, MailConfig, SmtpSecurity};
use daybook::delivery::slack::SlackDestination;
use daybook::delivery::{ChannelRef, Deliverers, DeliveryResult, Outgoing, Route};
use daybook::support::secret::SecretRef;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MAIL: &[u8] = b"Message-ID: <a@example.com>\r\nSubject: x\r\n\r\nhello\r\n";
const GOOD: [&str; 6] = ["250 2.0.0 Ok", "250-a\r\n250 b", "354 go ahead", "220 fake", "221 bye", "250 2.1.5 Ok"];
const ODD: [&str; 26] = [
    "",
    "2",
    "25",
    "250",
    "2500 x",
    "250\r",
    "250\0x",
    "999 x",
    "000 x",
    "-50 x",
    "550 5.1.1 no",
    "450 4.2.0 later",
    "421 4.3.2 bye",
    "552 5.3.4 large",
    "250-a\r\n550 b",
    "250-\r\n250-\r\n250 ",
    "354 again",
    "235 in",
    "334 VXNlcg==",
    "250 SIZE 18446744073709551616",
    "250 \u{202e}x",
    "250 \x1b[31m",
    "503 5.5.1 order",
    "250\tOk",
    "251 will forward",
    "550 5.7.1 spam\r\n250 Ok",
];

/// A server that says what chance makes it say, and whether it took a mail by RFC 5321.
#[derive(Default)]
struct ControlResponse {
    /// The whole answer to the last line of a mail.
    after_mail: Vec<u8>,
    got_mail: bool,
}

fn reply(usual: &str, is_calm: bool, chance: &mut Chance) -> Vec<u8> {
    if is_calm || chance.one_in(2) {
        return format!("{usual}\r\n").into_bytes();
    }
    match chance.below(6) {
        0 => format!("{}\r\n", chance.of(&GOOD)).into_bytes(),
        1 | 2 => format!("{}\r\n", chance.of(&ODD)).into_bytes(),
        3 => super::spoil::bytes(format!("{usual}\r\n").as_bytes(), b"250 Ok\r\n550 no\r\n", chance),
        4 => format!("{}\r\n", chance.of(&["250-x", "250 x", "5", "250-"]).repeat(chance.of(&[1, 900, 60_000])))
            .into_bytes(),
        _ => [b"250-".as_slice(), &vec![b'a'; chance.of(&[10, 4000, 3_000_000])], b"\r\n250 b\r\n"].concat(),
    }
}

fn play(stream: &TcpStream, chance: &mut Chance, said: &Mutex<ControlResponse>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    stream.set_write_timeout(Some(Duration::from_secs(3)))?;
    let is_calm = chance.one_in(8);
    let mut out = stream;
    let mut lines = BufReader::new(stream).split(b'\n');
    out.write_all(&reply("220 fake ESMTP", is_calm, chance))?;
    while let Some(line) = lines.next().transpose()? {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        if !is_calm && chance.one_in(30) {
            return Ok(());
        }
        let answer = match word.as_slice() {
            b"EHLO" => reply("250-fake\r\n250-SIZE 1000000\r\n250 8BITMIME", is_calm, chance),
            b"DATA" => {
                let answer = reply("354 go ahead", is_calm, chance);
                out.write_all(&answer)?;
                // A client that was not asked to go on sends no mail.
                let mut first = lines.next().transpose()?.unwrap_or_default();
                let is_mail = first.starts_with(b"Message-ID");
                while is_mail && first != b".\r" {
                    first = lines.next().transpose()?.unwrap_or_else(|| b".\r".to_vec());
                }
                if !is_mail {
                    continue;
                }
                let answer = reply("250 2.0.0 Ok: queued", is_calm, chance);
                let mut said = said.lock().expect("no panic");
                (said.got_mail, said.after_mail) = (true, answer.clone());
                answer
            }
            b"QUIT" => return Ok(()),
            _ => reply("250 2.1.0 Ok", is_calm, chance),
        };
        out.write_all(&answer)?;
    }
    Ok(())
}

/// Serves connections with `talk` until the process ends.
fn serve(seeds: Arc<Mutex<Chance>>, talk: impl Fn(&TcpStream, &mut Chance) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seeds, talk) = (seeds.clone(), talk.clone());
            std::thread::spawn(move || {
                let mut chance = Chance::new(seeds.lock().expect("no panic").next());
                talk(&stream, &mut chance);
            });
        }
    });
    port
}

fn ways(config: &DeliveryConfig) -> Deliverers {
    config.build(Path::new("/nonexistent"), Path::new("/nonexistent"), &[]).expect("deliverers")
}

fn is_told_well(handed: &DeliveryResult) {
    match &handed.result {
        Ok(accepted) => super::is_told_well(&accepted.response),
        Err(error) => super::is_told_well(&error.to_string()),
    }
    handed.replies.iter().for_each(|reply| super::is_told_well(&reply.text));
}

pub fn smtp(mut trial: Trial) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (seeds, said) = (Arc::new(Mutex::new(Chance::new(0))), Arc::new(Mutex::new(ControlResponse::default())));
    let own = said.clone();
    let port = serve(seeds.clone(), move |stream, chance| drop(play(stream, chance, &own)));
    let mail = MailConfig::Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::Plain,
        username: None,
        password: None,
        oauth: None,
        ca_file: None,
        from: "Daybook <d@example.com>".to_owned(),
        hello: None,
        per_session: 20,
        senders: 3,
        timeout_secs: Some(1),
    };
    let ways = ways(&DeliveryConfig { mail: Some(mail), ..DeliveryConfig::default() });
    let (mut sent, mut not) = (0, 0);
    while let Some(mut round) = trial.next() {
        *seeds.lock().expect("no panic") = Chance::new(round.chance.next());
        *said.lock().expect("no panic") = ControlResponse::default();
        let route = Route::Mail { from: "Daybook <d@example.com>".to_owned(), to: "ok@example.com".to_owned() };
        let outgoing = Outgoing { message_id: "msg_1".to_owned(), route, payload: MAIL.to_vec() };
        let handed = runtime.block_on(ways.deliver(&outgoing));
        let said = said.lock().expect("no panic");
        trial.keep("after_the_mail", &said.after_mail);
        is_told_well(&handed);
        match &handed.result {
            Ok(accepted) => {
                sent += 1;
                let is_good = said.got_mail && said.after_mail.starts_with(b"2");
                assert!(is_good, "{accepted:?} for {:?}", String::from_utf8_lossy(&said.after_mail));
            }
            Err(_) => not += 1,
        }
    }
    println!("{sent} sent, {not} not");
}

/// Bodies and heads of Slack's, and of proxies in its place.
const BODIES: [&str; 12] = [
    "ok",
    "ok\n",
    " ok",
    "OK",
    "",
    "no_service",
    "invalid_blocks",
    "{\"ok\":true,\"ts\":\"1.2\",\"channel\":\"C1\"}",
    "{\"ok\":false,\"error\":\"invalid_blocks\"}",
    "{\"ok\":\"true\"}",
    "{\"ok\":1}",
    "<html>ok</html>",
];

fn slack_answer(stream: &TcpStream, chance: &mut Chance, last: &Mutex<Vec<(u32, Vec<u8>)>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let mut body = chance.of(&BODIES).as_bytes().to_vec();
    match chance.below(6) {
        0 => body = super::spoil::bytes(&body, b"ok{\"ok\":true}", chance),
        1 => {
            body = super::spoil::json(
                b"{\"ok\":true,\"ts\":\"1.2\",\"error\":\"x\",\"upload_url\":\"http://127.0.0.1:9/\"}",
                chance,
            )
        }
        _ => {}
    }
    let status = chance.of(&[200, 200, 200, 200, 202, 204, 302, 400, 403, 404, 429, 500, 503, 999]);
    last.lock().expect("no panic").push((status, body.clone()));
    let extra = chance.of(&[
        "",
        "",
        "Retry-After: 1\r\n",
        "Retry-After: 99999999999999999999\r\n",
        "Retry-After: -1\r\n",
        "Location: http://127.0.0.1:9/\r\n",
        "Content-Encoding: gzip\r\n",
    ]);
    let mut answer =
        format!("HTTP/1.1 {status} x\r\n{extra}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    answer.extend(&body);
    if chance.one_in(8) {
        answer = super::spoil::bytes(&answer, b"HTTP/1.1 200 OK\r\n\r\nok", chance);
        last.lock().expect("no panic").push((0, answer.clone()));
    }
    let mut out = stream;
    out.write_all(&answer)
}

pub fn slack(mut trial: Trial) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let seeds = Arc::new(Mutex::new(Chance::new(0)));
    let last = Arc::new(Mutex::new(Vec::new()));
    let own = last.clone();
    let port = serve(seeds.clone(), move |stream, chance| drop(slack_answer(stream, chance, &own)));
    let folder = tempfile::tempdir().expect("a folder");
    let (url, token) = (folder.path().join("url"), folder.path().join("token"));
    std::fs::write(&url, format!("http://127.0.0.1:{port}/hook")).expect("written");
    std::fs::write(&token, "xoxb-1").expect("written");
    let secret = |path: &Path| SecretRef::File(path.to_owned());
    let mut config = DeliveryConfig::default();
    let webhook = SlackDestination::Webhook { url: secret(&url) };
    config.channels.insert(ChannelRef::new("slack", "hook"), Arc::new(webhook));
    let api_url = format!("http://127.0.0.1:{port}");
    let bot = SlackDestination::Bot { token: secret(&token), channel: "C0123456789".to_owned(), api_url };
    config.channels.insert(ChannelRef::new("slack", "bot"), Arc::new(bot));
    let ways = ways(&config);
    let (mut sent, mut not) = (0, 0);
    while let Some(mut round) = trial.next() {
        *seeds.lock().expect("no panic") = Chance::new(round.chance.next());
        last.lock().expect("no panic").clear();
        let hook = round.chance.of(&["hook", "bot", "bot"]).to_owned();
        let is_file = hook == "bot" && round.chance.one_in(3);
        let channel = ChannelRef::new("slack", &hook);
        let route = match is_file {
            true => Route::ChannelFile { channel, file_name: "a.pdf".to_owned(), title: "A".to_owned() },
            false => Route::Channel(channel),
        };
        let outgoing =
            Outgoing { message_id: "msg_1".to_owned(), route, payload: br#"{"text":"x","blocks":[]}"#.to_vec() };
        let handed = runtime.block_on(ways.deliver(&outgoing));
        let said = last.lock().expect("no panic");
        let words = said
            .iter()
            .map(|(status, body)| format!("{status} {}\n", String::from_utf8_lossy(body)))
            .collect::<String>();
        trial.keep("answers", words.as_bytes());
        is_told_well(&handed);
        match &handed.result {
            // An answer that was spoilt as a whole may hold a good one.
            Ok(accepted) => {
                sent += 1;
                let holds_good = words.contains("ok");
                assert!(holds_good, "{accepted:?} for {words}");
            }
            Err(_) => not += 1,
        }
    }
    assert!(sent + not > 0);
    println!("{sent} sent, {not} not");
}
