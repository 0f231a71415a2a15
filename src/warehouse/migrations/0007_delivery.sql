-- Delivery: who the other side refused, what it said at each try, and what the operator was told.

-- The outbox is written anew: DuckDB cannot alter a table and change its rows in one transaction.
CREATE TABLE ops.outbox_before AS FROM ops.outbox;
DROP TABLE ops.outbox;

-- Messages, born with their report. States: pending, claimed, sent, failed, unknown. "sent" says what is
-- known: the other side took it. Nobody says that it was delivered or read.
CREATE TABLE ops.outbox (
    message_id VARCHAR NOT NULL, report_id VARCHAR NOT NULL, workspace VARCHAR NOT NULL, position INTEGER NOT NULL,
    route VARCHAR NOT NULL, payload BLOB NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL, claimed_at TIMESTAMP, ended_at TIMESTAMP, not_before TIMESTAMP, answer VARCHAR,
    kind VARCHAR NOT NULL,     -- report, notice (to the operator), test
    lane VARCHAR NOT NULL,     -- mail, file, slack:<hook>: one sender each
    recipient VARCHAR,         -- a mail's bare address, in lower case
    lease_until TIMESTAMP,     -- when a claim without an outcome is given up
    trouble VARCHAR,           -- misconfigured: waits for the operator
    told VARCHAR               -- the last trouble the operator was told of
);

INSERT INTO ops.outbox
SELECT message_id, report_id, workspace, position, route, payload,
    CASE state WHEN 'accepted' THEN 'sent' ELSE state END,
    attempts, created_at, claimed_at, ended_at, not_before, answer,
    'report' AS kind,
    CASE route ->> '$.kind' WHEN 'slack' THEN 'slack:' || (route ->> '$.hook') ELSE route ->> '$.kind' END AS lane,
    CASE WHEN route ->> '$.kind' = 'mail'
        THEN lower(trim(regexp_replace(route ->> '$.to', '^.*<([^<>]*)>\s*$', '\1'))) END AS recipient,
    NULL AS lease_until, NULL AS trouble,
    -- Old trouble is no news.
    CASE WHEN state IN ('failed', 'unknown') THEN state END AS told
FROM ops.outbox_before;

DROP TABLE ops.outbox_before;

-- One row a try. `replies` is a JSON list of what the other side said, step by step.
CREATE TABLE ops.delivery_attempt (
    message_id VARCHAR NOT NULL, attempt INTEGER NOT NULL, recipient VARCHAR,
    began_at TIMESTAMP NOT NULL, ended_at TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL,  -- sent, postponed, failed, unknown
    detail VARCHAR NOT NULL,
    bounce VARCHAR,            -- firm: the mailbox does not exist; likely: a refusal that says no more
    replies VARCHAR NOT NULL
);

-- Addresses that were refused for good. A lifted row stays, so that it is known who came back.
CREATE TABLE ops.suppression (
    address VARCHAR NOT NULL, reason VARCHAR NOT NULL, message_id VARCHAR NOT NULL,
    suppressed_at TIMESTAMP NOT NULL, lifted_at TIMESTAMP
);
