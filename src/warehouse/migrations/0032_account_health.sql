-- When credentials end, as vendors said it when they were asked last. `credential`: a name of the secrets, not reversible.
CREATE TABLE ops.credential_end (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, credential VARCHAR NOT NULL,
    ends_at TIMESTAMP, asked_at TIMESTAMP NOT NULL
);

-- What vendors said last of the allowance that is left, by connection. `is_used`: the amount counts what is used.
CREATE TABLE ops.allowance (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, partition VARCHAR NOT NULL, what VARCHAR NOT NULL,
    amount DOUBLE NOT NULL, limit_amount DOUBLE, is_used BOOLEAN NOT NULL,
    resets_at TIMESTAMP, said_at TIMESTAMP NOT NULL
);

-- Allowances that are used up until an instant: nobody asks before. The stream is '' where all of a partition is meant.
CREATE TABLE ops.allowance_hold (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, partition VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL, until TIMESTAMP NOT NULL, note VARCHAR NOT NULL
);
