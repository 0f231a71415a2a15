-- Delivery: who the other side refused, what it said at each try, and what the operator was told.

-- "sent" says what is known: the other side took it. Nobody says it was delivered or read.
UPDATE ops.outbox SET state = 'sent' WHERE state = 'accepted';

ALTER TABLE ops.outbox ADD COLUMN kind VARCHAR DEFAULT 'report';        -- report, notice (to the operator), test
ALTER TABLE ops.outbox ADD COLUMN lane VARCHAR DEFAULT 'mail';          -- mail, file, slack:<hook>: one sender each
ALTER TABLE ops.outbox ADD COLUMN recipient VARCHAR;                    -- a mail's bare address, in lower case
ALTER TABLE ops.outbox ADD COLUMN lease_until TIMESTAMP;                -- when a claim without an outcome is given up
ALTER TABLE ops.outbox ADD COLUMN trouble VARCHAR;                      -- misconfigured: waits for the operator
ALTER TABLE ops.outbox ADD COLUMN told VARCHAR;                         -- the last trouble the operator was told of

UPDATE ops.outbox SET lane = CASE route ->> '$.kind' WHEN 'slack' THEN 'slack:' || (route ->> '$.hook') ELSE route ->> '$.kind' END,
    recipient = CASE WHEN route ->> '$.kind' = 'mail' THEN lower(trim(regexp_replace(route ->> '$.to', '^.*<([^<>]*)>\s*$', '\1'))) END;

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
