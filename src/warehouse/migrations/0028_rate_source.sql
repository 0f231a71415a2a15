-- Whose exchange rates a workspace was last computed with where these are not its own, and a sum over them.
CREATE TABLE ops.rate_source (workspace VARCHAR NOT NULL PRIMARY KEY, source VARCHAR NOT NULL, rates VARCHAR NOT NULL);
