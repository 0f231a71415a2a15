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

-- One sentence of all reasons, or NULL for a good row; array_to_string leaves nulls out.
CREATE OR REPLACE TEMP MACRO problems(reasons) AS nullif(array_to_string(reasons, '; '), '');

-- A whole number, absent read as 0: vendors leave zeros out.
CREATE OR REPLACE TEMP MACRO whole_or_zero(value) AS coalesce(TRY_CAST(value AS BIGINT), 0);
CREATE OR REPLACE TEMP MACRO amount_or_zero(value) AS coalesce(TRY_CAST(value AS DECIMAL(18, 6)), 0);

-- Minor units in one unit of a currency, as Stripe counts them (docs.stripe.com/currencies):
-- ISK and UGX are carried with two decimals there. A text is searched because DuckDB keeps a vector for
-- each element of an IN list, in each place where the macro stands and in each thread.
CREATE OR REPLACE TEMP MACRO minor_unit_decimals(currency) AS
    CASE WHEN strpos(' BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF ', ' ' || upper(currency) || ' ') > 0 THEN 0
         WHEN strpos(' BHD JOD KWD OMR TND ', ' ' || upper(currency) || ' ') > 0 THEN 3
         ELSE 2 END;

-- Minor units as an exact amount; NULL if the text is no whole number or the amount does not fit.
CREATE OR REPLACE TEMP MACRO from_minor_units(value, currency) AS
    TRY_CAST(CAST(TRY_CAST(value AS BIGINT) AS DECIMAL(30, 0))
        * CASE minor_unit_decimals(currency) WHEN 0 THEN 1.000 WHEN 3 THEN 0.001 ELSE 0.010 END AS DECIMAL(18, 6));

-- Millionths of a currency unit as an exact amount.
CREATE OR REPLACE TEMP MACRO from_micros(value) AS
    TRY_CAST(CAST(TRY_CAST(value AS BIGINT) AS DECIMAL(30, 0)) * 0.000001 AS DECIMAL(18, 6));
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

-- A query parameter of a URL, decoded; NULL if it is not there.
CREATE OR REPLACE TEMP MACRO url_parameter(url, name) AS
    nullif(url_decode(replace(regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), '+', ' ')), '');

-- What stands for "unknown" in a file.
CREATE OR REPLACE TEMP MACRO is_unknown(value) AS
    value IS NULL OR lower(trim(value)) IN ('', '-', 'n/a', 'na', 'null', 'none');

-- A number as people write it in files (`1,234`, `12.5K`, `1.2M`, `45%`), read by `plain_number`; NULL
-- for what is none or stands for unknown. The file's decimal mark decides what a comma is.
CREATE OR REPLACE TEMP MACRO tidy_number(value) AS
    TRY_CAST(plain_number(CAST(value AS VARCHAR), CAST(getvariable('decimal_mark') AS VARCHAR)) AS DECIMAL(18, 6));
CREATE OR REPLACE TEMP MACRO bad_number(name, value) AS
    CASE WHEN NOT is_unknown(value) AND tidy_number(value) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a number below 1,000,000,000,000 with the decimal mark "'
             || getvariable('decimal_mark') || '"' END;

-- A whole number written so.
CREATE OR REPLACE TEMP MACRO tidy_count(value) AS
    CASE WHEN tidy_number(value) = trunc(tidy_number(value)) THEN CAST(tidy_number(value) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO bad_count(name, value) AS
    CASE WHEN NOT is_unknown(value) AND (tidy_count(value) IS NULL OR tidy_count(value) < 0)
         THEN name || ': "' || left(value, 80) || '" is not a whole number with the decimal mark "'
             || getvariable('decimal_mark') || '"' END;

-- An exchange rate, with nine decimals.
CREATE OR REPLACE TEMP MACRO tidy_rate(value) AS
    TRY_CAST(plain_number(CAST(value AS VARCHAR), CAST(getvariable('decimal_mark') AS VARCHAR)) AS DECIMAL(18, 9));

-- Missing where a file may also write `-` or `n/a`: for days and amounts, which those are not.
CREATE OR REPLACE TEMP MACRO needed(name, value) AS
    CASE WHEN is_unknown(value) THEN name || ' is missing' END;

CREATE OR REPLACE TEMP MACRO tidy_currency(value) AS CASE WHEN NOT is_unknown(value) THEN upper(trim(value)) END;
CREATE OR REPLACE TEMP MACRO bad_currency(name, value) AS
    CASE WHEN NOT is_unknown(value) AND NOT regexp_full_match(trim(value), '[A-Za-z]{3}')
         THEN name || ': "' || left(value, 80) || '" is not a currency code such as EUR' END;

-- A day as ISO or in the format the connection states; an ambiguous one is refused, not guessed. A
-- year that stands first, with four digits, is ISO in any format that does not begin with the year.
CREATE OR REPLACE TEMP MACRO iso_date(value) AS
    CASE WHEN regexp_matches(trim(value), '^\d{4}-\d{2}-\d{2}($|[T ])') THEN TRY_CAST(left(trim(value), 10) AS DATE) END;
CREATE OR REPLACE TEMP MACRO any_date(value) AS
    CASE WHEN getvariable('date_format') IS NULL THEN iso_date(value)
         ELSE coalesce(CAST(try_strptime(trim(value), CAST(getvariable('date_format') AS VARCHAR)) AS DATE),
                       CASE WHEN CAST(getvariable('date_format') AS VARCHAR) NOT ILIKE '%y%-%' THEN iso_date(value) END) END;
CREATE OR REPLACE TEMP MACRO tidy_date(value) AS
    CASE WHEN any_date(value) BETWEEN DATE '1990-01-01' AND DATE '2099-12-31' THEN any_date(value) END;
CREATE OR REPLACE TEMP MACRO bad_day(name, value) AS
    CASE WHEN NOT is_unknown(value) AND any_date(value) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a day such as 2026-04-02 (set date_format for another form)'
         WHEN NOT is_unknown(value) AND tidy_date(value) IS NULL
         THEN name || ': "' || left(value, 80) || '" is not a day between 1990 and 2099' END;

-- A month as 2026-11, or as a day in it.
CREATE OR REPLACE TEMP MACRO tidy_month(value) AS
    CASE WHEN regexp_full_match(trim(value), '\d{4}-\d{2}') THEN (CASE WHEN trim(value) BETWEEN '1990' AND '2100' THEN TRY_CAST(trim(value) || '-01' AS DATE) END)
         ELSE CAST(date_trunc('month', tidy_date(value)) AS DATE) END;

-- What an identifier is known by in the list of erased ones: an address by its pseudonym, a vendor's
-- id by a keyed hash of connection, kind and id, for ids of two vendors may be alike.
CREATE OR REPLACE TEMP MACRO mark_of(kind, connection, value) AS
    CASE WHEN kind = 'person_key' THEN value ELSE pseudonym(connection || '/' || kind || '/' || value) END;

-- Every mark that a JSON record may be found by: each text and each whole number in it, as an
-- address and as a vendor's id.
CREATE OR REPLACE TEMP MACRO marks_in(connection, raw) AS
    flatten(list_transform(
        list_concat(regexp_extract_all(raw, '"((?:[^"\\]|\\.)*)"', 1), regexp_extract_all(raw, '[:\[,]\s*(-?[0-9]+)', 1)),
        lambda leaf: [pseudonym(leaf), mark_of('contact_id', connection, leaf), mark_of('customer_id', connection, leaf)]));
