-- Shared words of the streams' queries. Each connection has them in its temporary schema.

-- Why a text cannot be read as a type, or NULL if it can (or is absent). Quotes 80 characters. Counts
-- and amounts end below a trillion, so that no sum of millions of them can overflow a rollup.
CREATE OR REPLACE TEMP MACRO bad_whole(name, value) AS
    CASE WHEN value IS NOT NULL AND (TRY_CAST(value AS BIGINT) IS NULL OR value LIKE '%.%')
         THEN name || ': "' || left(value, 80) || '" is not a whole number'
         WHEN abs(TRY_CAST(TRY_CAST(value AS BIGINT) AS HUGEINT)) >= 1000000000000
         THEN name || ': "' || left(value, 80) || '" is not below 1,000,000,000,000' END;
CREATE OR REPLACE TEMP MACRO bad_decimal(name, value) AS
    CASE WHEN value IS NOT NULL AND TRY_CAST(value AS DECIMAL(18, 6)) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not an amount below 1,000,000,000,000' END;
CREATE OR REPLACE TEMP MACRO bad_date(name, value) AS
    CASE WHEN value IS NOT NULL AND coalesce(TRY_CAST(value AS DATE) NOT BETWEEN DATE '1970-01-01' AND DATE '2099-12-31', true)
         THEN name || ': "' || left(value, 80) || '" is not a date' END;
CREATE OR REPLACE TEMP MACRO bad_instant(name, value) AS
    CASE WHEN value IS NOT NULL AND coalesce(TRY_CAST(value AS TIMESTAMP) NOT BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01', true)
         THEN name || ': "' || left(value, 80) || '" is not an instant' END;
CREATE OR REPLACE TEMP MACRO required(name, value) AS
    CASE WHEN value IS NULL OR value = '' THEN name || ' is missing' END;

-- A list within an answer, or the answer itself as the only element: vendors send one object where it
-- was asked for by its id.
CREATE OR REPLACE TEMP MACRO listed(body, name) AS
    CASE WHEN json_type(body, '$.' || name) = 'ARRAY' THEN json_extract(body, '$.' || name) ELSE json_array(body) END;

-- The day of a row as YYYYMMDD: where GA4 folded it away, the window's, if that is one day.
CREATE OR REPLACE TEMP MACRO of_day(value) AS
    CASE WHEN value = '(other)' AND CAST(getvariable('window_end') AS DATE) = CAST(getvariable('window_start') AS DATE) + 1
         THEN strftime(CAST(getvariable('window_start') AS DATE), '%Y%m%d') ELSE value END;

-- An instant of a text with its offset, in UTC: a plain cast takes no notice of the offset.
CREATE OR REPLACE TEMP MACRO utc_instant(value) AS make_timestamp(epoch_us(TRY_CAST(value AS TIMESTAMPTZ)));

-- One sentence of all reasons, or NULL for a good row; array_to_string leaves nulls out.
CREATE OR REPLACE TEMP MACRO problems(reasons) AS nullif(array_to_string(reasons, '; '), '');

-- A whole number, absent read as 0: vendors leave zeros out.
CREATE OR REPLACE TEMP MACRO whole_or_zero(value) AS coalesce(TRY_CAST(value AS BIGINT), 0);
CREATE OR REPLACE TEMP MACRO amount_or_zero(value) AS coalesce(TRY_CAST(value AS DECIMAL(18, 6)), 0);

-- A number as reports for people write it, without the commas between its thousands: 1,234.50; NULL where it is left out
-- or `--`.
CREATE OR REPLACE TEMP MACRO ungrouped(value) AS nullif(nullif(replace(trim(value), ',', ''), ''), '--');

-- Decimals of a currency's minor unit, as Stripe counts them; 2 where none is named.
CREATE OR REPLACE TEMP MACRO minor_unit_decimals(currency) AS decimals_of(coalesce(currency, ''));

-- A number without a part of one, or NULL: a cast alone would round it.
CREATE OR REPLACE TEMP MACRO whole_number(value) AS
    CASE WHEN value LIKE '%.%' AND NOT regexp_full_match(value, '-?[0-9]+[.]0*') THEN NULL ELSE TRY_CAST(value AS BIGINT) END;

-- The same as a count that must be there and may be written as 12.0.
CREATE OR REPLACE TEMP MACRO bad_count(name, value) AS
    CASE WHEN value IS NULL THEN name || ' is missing'
         WHEN coalesce(whole_number(value) NOT BETWEEN 0 AND 999999999999, true)
         THEN name || ': "' || left(value, 80) || '" is not a whole number from 0 to below 1,000,000,000,000' END;

-- Minor units as an exact amount; NULL if the text is no whole number or the amount does not fit.
CREATE OR REPLACE TEMP MACRO from_minor_units(value, currency) AS
    minor_amount(whole_number(value), coalesce(currency, ''));

-- Millionths of a currency unit as an exact amount.
CREATE OR REPLACE TEMP MACRO from_micros(value) AS
    TRY_CAST(CAST(whole_number(value) AS DECIMAL(30, 0)) * 0.000001 AS DECIMAL(18, 6));
CREATE OR REPLACE TEMP MACRO bad_micros(name, value) AS
    CASE WHEN value IS NOT NULL AND from_micros(value) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a number of millionths that fits an amount' END;
CREATE OR REPLACE TEMP MACRO bad_minor_units(name, value, currency) AS
    CASE WHEN value IS NOT NULL AND from_minor_units(value, currency) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a number of minor units that fits an amount' END;

-- Unix seconds as a UTC instant; NULL if the text is no number or not between 1970 and 2099:
-- rollups walk every day from the first to the last.
CREATE OR REPLACE TEMP MACRO from_unix(value) AS
    CASE WHEN TRY_CAST(value AS BIGINT) BETWEEN 0 AND 4102444799
         THEN make_timestamp(TRY_CAST(value AS BIGINT) * 1000000) END;
CREATE OR REPLACE TEMP MACRO bad_unix(name, value) AS
    CASE WHEN value IS NOT NULL AND from_unix(value) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a Unix time' END;

-- The day on which the interval of a subscription began that a date falls into, and the first day of an interval from a
-- date on: intervals follow the anchor, so many months or days each.
CREATE OR REPLACE TEMP MACRO interval_from(anchor, months, days, number) AS
    CAST(anchor + to_months(CAST(months * number AS INTEGER)) + to_days(CAST(days * number AS INTEGER)) AS DATE);
CREATE OR REPLACE TEMP MACRO interval_number(anchor, months, days, date) AS
    CASE WHEN months > 0 THEN CAST(floor(date_diff('month', anchor, date) / months) AS BIGINT)
            - CASE WHEN interval_from(anchor, months, days, CAST(floor(date_diff('month', anchor, date) / months) AS BIGINT)) > date THEN 1 ELSE 0 END
         WHEN days > 0 THEN CAST(floor((date - anchor) / days) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO period_start(anchor, months, days, date) AS
    interval_from(anchor, months, days, interval_number(anchor, months, days, date));
CREATE OR REPLACE TEMP MACRO period_after(anchor, months, days, date) AS
    interval_from(anchor, months, days, interval_number(anchor, months, days, date)
        + CASE WHEN interval_from(anchor, months, days, interval_number(anchor, months, days, date)) < date THEN 1 ELSE 0 END);

-- What a coupon takes off: two of one id with other terms are two coupons.
CREATE OR REPLACE TEMP MACRO coupon_terms(coupon) AS
    concat_ws(' ', coalesce(coupon ->> '$.percent_off', '-'), coalesce(coupon ->> '$.amount_off', '-'), coalesce(coupon ->> '$.currency', '-'));

-- A pseudonym: the address never reaches a table. Two rounds of SHA-256 with the key in both, so
-- that nothing can be appended to a known hash.
CREATE OR REPLACE TEMP MACRO pseudonym(identifier) AS
    CASE WHEN identifier IS NOT NULL AND trim(identifier) <> ''
         THEN sha256(getvariable('person_key') || sha256(getvariable('person_key') || lower(trim(identifier)))) END;

-- A text that people write, without the mail addresses in it.
CREATE OR REPLACE TEMP MACRO without_addresses(value) AS
    regexp_replace(value, '[^\s@]+@[^\s@]+\.[^\s@]+', '(address)', 'gi');

-- A query parameter of a URL, decoded; NULL if it is not there.
CREATE OR REPLACE TEMP MACRO url_parameter(url, name) AS
    nullif(url_decode(replace(regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), '+', ' ')), '');

-- What an identifier is known by in the list of erased ones: an address by its pseudonym, a vendor's
-- id by a keyed hash of connection, kind and id, for ids of two vendors may be alike.
CREATE OR REPLACE TEMP MACRO mark_of(kind, connection, value) AS
    CASE WHEN kind = 'person_key' THEN value ELSE pseudonym(connection || '/' || kind || '/' || value) END;

-- A text out of HTML: without tags, entities as the signs they stand for. `&amp;` comes last, so that it makes no entity.
CREATE OR REPLACE TEMP MACRO plain_text(html) AS
    trim(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(list_reduce(
        list_distinct(regexp_extract_all(regexp_replace(html, '<[^>]*>', '', 'g'), '&#([0-9]{1,6}|[xX][0-9a-fA-F]{1,5});', 1)),
        lambda text, code: replace(text, '&#' || code || ';',
            chr(coalesce(nullif(TRY_CAST(CASE WHEN code[1] IN ('x', 'X') THEN '0x' || code[2:] ELSE code END AS INTEGER), 0), 63))),
        regexp_replace(html, '<[^>]*>', '', 'g')),
        '&quot;', '"'), '&apos;', ''''), '&nbsp;', ' '), '&ndash;', '–'), '&mdash;', '—'), '&hellip;', '…'), '&lsquo;', '‘'), '&rsquo;', '’'),
        '&lt;', '<'), '&gt;', '>'), '&shy;', ''), '&amp;', '&'));

-- The path of an address or of a page as two vendors have it in common: decoded, single slashes, none at the end, no
-- query, 300 characters at most; `/` for the first page.
CREATE OR REPLACE TEMP MACRO page_path(address) AS
    CASE WHEN address IS NOT NULL THEN coalesce(nullif(left(rtrim(regexp_replace(url_decode(regexp_extract(
        regexp_replace(address, '^[a-zA-Z]+://[^/?#]*', ''), '^[^?#]*')), '/+', '/', 'g'), '/'), 300), ''), '/') END;
