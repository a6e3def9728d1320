//! Which words mean something? The keywords, and which of them can still be names.
//!
//! Ref: Trino 401 grammar, `nonReserved`. The words of Athena's own statements (`UNLOAD`, `OPTIMIZE`, `VACUUM`,
//! `USING EXTERNAL FUNCTION`, `PROTECTED MULTI DIALECT VIEW`, `ALTER VIEW … FORCE`) can be names. Basis: inferred for those.

/// A keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The word in upper case.
    pub word: &'static str,
    /// Whether it cannot be a name.
    pub is_reserved: bool,
}

const fn word(word: &'static str) -> Keyword {
    Keyword { word, is_reserved: false }
}

const fn reserved(word: &'static str) -> Keyword {
    Keyword { word, is_reserved: true }
}

/// The keyword `text` is, case ignored.
#[must_use]
pub fn keyword(text: &str) -> Option<&'static Keyword> {
    if text.len() > WORD_LENGTH_MAX || !text.is_ascii() {
        return None;
    }
    let mut buffer = [0_u8; WORD_LENGTH_MAX];
    let upper = buffer.get_mut(..text.len())?;
    upper.copy_from_slice(text.as_bytes());
    upper.make_ascii_uppercase();
    let upper: &[u8] = upper;
    KEYWORDS.binary_search_by(|entry| entry.word.as_bytes().cmp(upper)).ok().and_then(|index| KEYWORDS.get(index))
}

/// Length of the longest keyword, `CURRENT_TIMESTAMP`.
const WORD_LENGTH_MAX: usize = 17;

/// Every keyword, in byte order.
#[rustfmt::skip]
pub const KEYWORDS: &[Keyword] = &[
    word("ABSENT"), word("ADD"), word("ADMIN"), word("AFTER"), word("ALL"), reserved("ALTER"),
    word("ANALYZE"), reserved("AND"), word("ANY"), word("ARRAY"), reserved("AS"), word("ASC"), word("AT"),
    word("AUTHORIZATION"), word("BERNOULLI"), reserved("BETWEEN"), word("BIN_PACK"), word("BOTH"),
    reserved("BY"), word("CALL"), word("CASCADE"), reserved("CASE"), reserved("CAST"), word("CATALOGS"),
    word("COLUMN"), word("COLUMNS"), word("COMMENT"), word("COMMIT"), word("COMMITTED"), word("CONDITIONAL"),
    reserved("CONSTRAINT"), word("COPARTITION"), word("COUNT"), reserved("CREATE"), reserved("CROSS"),
    reserved("CUBE"), word("CURRENT"), reserved("CURRENT_CATALOG"), reserved("CURRENT_DATE"),
    reserved("CURRENT_PATH"), reserved("CURRENT_ROLE"), reserved("CURRENT_SCHEMA"), reserved("CURRENT_TIME"),
    reserved("CURRENT_TIMESTAMP"), reserved("CURRENT_USER"), word("DATA"), word("DATE"), word("DAY"),
    reserved("DEALLOCATE"), word("DEFAULT"), word("DEFINE"), word("DEFINER"), reserved("DELETE"),
    word("DENY"), word("DESC"), reserved("DESCRIBE"), word("DESCRIPTOR"), word("DIALECT"),
    reserved("DISTINCT"), word("DISTRIBUTED"), word("DOUBLE"), reserved("DROP"), reserved("ELSE"),
    word("EMPTY"), word("ENCODING"), reserved("END"), word("ERROR"), reserved("ESCAPE"), reserved("EXCEPT"),
    word("EXCLUDING"), reserved("EXECUTE"), reserved("EXISTS"), word("EXPLAIN"), word("EXTERNAL"),
    reserved("EXTRACT"), reserved("FALSE"), word("FETCH"), word("FILTER"), word("FINAL"), word("FIRST"),
    word("FOLLOWING"), reserved("FOR"), word("FORCE"), word("FORMAT"), reserved("FROM"), reserved("FULL"), word("FUNCTION"),
    word("FUNCTIONS"), word("GRANT"), word("GRANTED"), word("GRANTS"), word("GRAPHVIZ"), reserved("GROUP"),
    reserved("GROUPING"), word("GROUPS"), reserved("HAVING"), word("HOUR"), word("IF"), word("IGNORE"),
    reserved("IN"), word("INCLUDING"), word("INITIAL"), reserved("INNER"), word("INPUT"), reserved("INSERT"),
    reserved("INTERSECT"), word("INTERVAL"), reserved("INTO"), word("INVOKER"), word("IO"), reserved("IS"),
    word("ISOLATION"), reserved("JOIN"), word("JSON"), reserved("JSON_ARRAY"), reserved("JSON_EXISTS"),
    reserved("JSON_OBJECT"), reserved("JSON_QUERY"), reserved("JSON_VALUE"), word("KEEP"), word("KEY"),
    word("KEYS"), word("LAMBDA"), word("LAST"), word("LATERAL"), word("LEADING"), reserved("LEFT"),
    word("LEVEL"), reserved("LIKE"), word("LIMIT"), reserved("LISTAGG"), word("LOCAL"), reserved("LOCALTIME"),
    reserved("LOCALTIMESTAMP"), word("LOGICAL"), word("MAP"), word("MATCH"), word("MATCHED"), word("MATCHES"),
    word("MATCH_RECOGNIZE"), word("MATERIALIZED"), word("MEASURES"), word("MERGE"), word("MINUTE"),
    word("MONTH"), word("MULTI"), reserved("NATURAL"), word("NEXT"), word("NFC"), word("NFD"), word("NFKC"),
    word("NFKD"), word("NO"), word("NONE"), reserved("NORMALIZE"), reserved("NOT"), reserved("NULL"),
    word("NULLIF"), word("NULLS"), word("OBJECT"), word("OF"), word("OFFSET"), word("OMIT"), reserved("ON"),
    word("ONE"), word("ONLY"), word("OPTIMIZE"), word("OPTION"), reserved("OR"), reserved("ORDER"),
    word("ORDINALITY"), reserved("OUTER"), word("OUTPUT"), word("OVER"), word("OVERFLOW"), word("PARTITION"),
    word("PARTITIONS"), word("PASSING"), word("PAST"), word("PATH"), word("PATTERN"), word("PER"),
    word("PERMUTE"), word("POSITION"), word("PRECEDING"), word("PRECISION"), reserved("PREPARE"),
    word("PRIVILEGES"), word("PROPERTIES"), word("PROTECTED"), word("PRUNE"), word("QUOTES"), word("RANGE"),
    word("READ"), reserved("RECURSIVE"), word("REFRESH"), word("RENAME"), word("REPEATABLE"), word("REPLACE"),
    word("RESET"), word("RESPECT"), word("RESTRICT"), word("RETURNING"), word("RETURNS"), word("REVOKE"),
    word("REWRITE"), reserved("RIGHT"), word("ROLE"), word("ROLES"), word("ROLLBACK"), reserved("ROLLUP"),
    word("ROW"), word("ROWS"), word("RUNNING"), word("SCALAR"), word("SCHEMA"), word("SCHEMAS"),
    word("SECOND"), word("SECURITY"), word("SEEK"), reserved("SELECT"), word("SERIALIZABLE"), word("SESSION"),
    word("SET"), word("SETS"), word("SHOW"), reserved("SKIP"), word("SOME"), word("START"), word("STATS"),
    word("STRING"), word("SUBSET"), word("SUBSTRING"), word("SYSTEM"), reserved("TABLE"), word("TABLES"),
    word("TABLESAMPLE"), word("TEXT"), reserved("THEN"), word("TIES"), word("TIME"), word("TIMESTAMP"),
    word("TO"), word("TRAILING"), word("TRANSACTION"), reserved("TRIM"), reserved("TRUE"), word("TRUNCATE"),
    word("TRY_CAST"), word("TYPE"), reserved("UESCAPE"), word("UNBOUNDED"), word("UNCOMMITTED"),
    word("UNCONDITIONAL"), reserved("UNION"), word("UNIQUE"), word("UNKNOWN"), word("UNLOAD"),
    word("UNMATCHED"), reserved("UNNEST"), word("UPDATE"), word("USE"), word("USER"), reserved("USING"),
    word("UTF16"), word("UTF32"), word("UTF8"), word("VACUUM"), word("VALIDATE"), word("VALUE"),
    reserved("VALUES"), word("VERBOSE"), word("VERSION"), word("VIEW"), reserved("WHEN"), reserved("WHERE"),
    word("WINDOW"), reserved("WITH"), word("WITHIN"), word("WITHOUT"), word("WORK"), word("WRAPPER"),
    word("WRITE"), word("YEAR"), word("ZONE"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_byte_order_and_fits_the_buffer() {
        assert!(KEYWORDS.windows(2).all(|pair| pair[0].word < pair[1].word));
        assert!(KEYWORDS.iter().all(|entry| entry.word.len() <= WORD_LENGTH_MAX));
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert!(keyword("Select").unwrap().is_reserved);
        assert!(!keyword("limit").unwrap().is_reserved);
        assert_eq!(keyword("selects"), None);
    }
}
