-- What tables without days held that a contribution or a rollup of the installation reads beside its own, when its days
-- were last computed. `reader`: the table that is filled, as core.<fact> for what a fact adds or mart.<rollup>.
CREATE TABLE ops.read_state (reader VARCHAR NOT NULL, workspace VARCHAR NOT NULL, state VARCHAR NOT NULL);
