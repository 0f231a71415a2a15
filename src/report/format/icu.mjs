// Writes icu.tsv: how ICU words what the tests word. `node icu.mjs > icu.tsv`; Node must have all of ICU.
const tags = ["en-GB", "en-US", "de", "de-CH", "fr", "es", "it", "nl", "pl", "pt-BR", "sv", "da", "nb", "ja"];
// What we write otherwise on purpose; see table.rs.
const ours = (tag, text) =>
  text.replaceAll("-", "−").replaceAll("\u202f", "\u00a0").replaceAll("'", tag === "de-CH" ? "’" : "'");
const line = (tag, what, value, text) => console.log([tag, what, value, text].join("\t"));

console.log(`# node ${process.version}, ICU ${process.versions.icu}, CLDR ${process.versions.cldr}`);
for (const tag of tags) {
  const number = (what, values, options) => {
    const format = new Intl.NumberFormat(tag, options);
    values.forEach((value) => line(tag, what, value, ours(tag, format.format(value))));
  };
  const digits = (count) => ({ minimumFractionDigits: count, maximumFractionDigits: count });
  number("count", ["7", "1204", "12345", "-1234567"], {});
  number("ratio", ["2.36", "1204.5", "-54321.25"], digits(2));
  number("percent", ["0.028", "-0.35", "12.5"], { style: "percent", ...digits(1) });
  number("change", ["0.124", "-0.03", "45.6"], { style: "percent", signDisplay: "always", ...digits(1) });
  for (const currency of ["JPY", "EUR", "KWD"]) {
    const amounts = ["0", "999.5", "1204.5", "-12204.25", "12345678901234.5"];
    number(`${currency}:code`, amounts, { style: "currency", currency, currencyDisplay: "code" });
  }
  number("USD", ["1204.5", "-12204.25"], { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" });
  const compact = { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 2 };
  const steps = ["50000", "1200000", "-20000000", "2500000000", "3000000000000"];
  number("tick", steps, compact);
  number("tick EUR:code", steps.slice(0, 4), { ...compact, style: "currency", currency: "EUR", currencyDisplay: "code" });
  const dated = (what, date, options) => {
    const text = new Intl.DateTimeFormat(tag, { timeZone: "UTC", ...options }).format(date);
    line(tag, what, date.toISOString().slice(0, 10), text);
  };
  const [day, weekday, year] = [{ day: "numeric", month: "short" }, { weekday: "short" }, { year: "numeric" }];
  for (let month = 0; month < 12; month++) {
    const date = new Date(Date.UTC(2026, month, 2 + 2 * month));
    dated("date", date, { ...weekday, ...day, ...year });
    dated("day", date, { ...weekday, ...day });
    dated("short_day", date, day);
    dated("stamp", date, { ...day, ...year });
    dated("month", date, { month: "long", ...year });
    dated("short_month", date, { month: "short", ...year });
    dated("month_name", date, { month: "long" });
    dated("weekday", date, { weekday: "long" });
  }
  for (const [hour, minute] of [[0, 0], [9, 5], [16, 7]]) {
    const cycle = tag === "en-US" ? { hour: "numeric" } : { hour: "2-digit", hourCycle: "h23" };
    const format = new Intl.DateTimeFormat(tag, { timeZone: "UTC", minute: "2-digit", ...cycle });
    line(tag, "time", `${hour}:${minute}`, format.format(new Date(Date.UTC(2026, 0, 1, hour, minute))).replaceAll(" ", "\u00a0"));
  }
}
