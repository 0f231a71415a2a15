-- How the newest sync of each stream ended: what an admin is told of a source.
CREATE TABLE ops.stream_state (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL,
    tried_at TIMESTAMP NOT NULL, succeeded_at TIMESTAMP, failures_in_row INTEGER NOT NULL,
    error VARCHAR, can_retry BOOLEAN,
    PRIMARY KEY (workspace, connection, stream)
);
