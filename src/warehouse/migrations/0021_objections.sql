-- People who objected to being analysed (GDPR, article 21): their identifiers, which are joined with no others.
-- `connection` is null for pseudonyms. A lifted row stays, so that it is known since when.
CREATE TABLE ops.objection (
    workspace VARCHAR NOT NULL, connection VARCHAR, kind VARCHAR NOT NULL, value VARCHAR NOT NULL,
    objected_at TIMESTAMP NOT NULL, lifted_at TIMESTAMP
);
