-- What is known of the machine's own clock: the latest instant that it has shown, and since when it
-- shows less than that. One row at most.
CREATE TABLE ops.clock (latest_at TIMESTAMP NOT NULL, behind_since TIMESTAMP);
-- Days (UTC) on which Daybook was at work.
CREATE TABLE ops.clock_day (date DATE NOT NULL);
-- Loads that were noted under a clock that stood ahead, with what it showed.
CREATE TABLE ops.load_redated (load_id VARCHAR NOT NULL, fetched_at TIMESTAMP NOT NULL, redated_at TIMESTAMP NOT NULL);
-- Messages that went out by the list beside the database and that the outbox does not know: should they
-- be written again, they are unknown.
CREATE TABLE ops.handed_over (message_id VARCHAR NOT NULL, handed_at TIMESTAMP NOT NULL);
