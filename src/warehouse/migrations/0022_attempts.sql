-- Slices whose load began and did not come to an end: the process died meanwhile. A row goes when the load
-- ends, well or not.
CREATE TABLE ops.slice_attempt (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, slice VARCHAR NOT NULL,
    -- Processes that began and did not end it; the last of them, and when it began.
    attempts INTEGER NOT NULL, owner VARCHAR NOT NULL, began_at TIMESTAMP NOT NULL,
    PRIMARY KEY (workspace, connection, stream, slice)
);
