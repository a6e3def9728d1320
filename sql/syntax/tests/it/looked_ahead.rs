//! Are errors those of a parser that looks ahead, where they surprise? Each case shows one habit of the engine's parser.
//!
//! basis: Trino 401's own parser (Maven `io.trino:trino-parser:401`), asked for each of these texts.

use owlake_syntax::trino::parse_statement;

#[test]
fn surprising_errors_are_the_engines() {
    for (sql, expected) in [
        // The rule that could have gone on earlier is named, the token is the later one.
        ("ALTER SCHEMA foo RENAME ON TO bar", "line 1:25: mismatched input 'ON'. Expecting: '.', 'RENAME'"),
        ("ALTER MATERIALIZED VIEW a SET foo='bar'", "line 1:31: mismatched input 'foo'. Expecting: '.', 'SET'"),
        // Keywords are not tried as names when the expected set is worked out; the place is that of another token.
        ("ALTER TABLE SET PROPERTIES foo='bar'", "line 1:17: mismatched input 'SET'. Expecting: 'IF', <identifier>"),
        ("SELECT CAST(TIME '12:34:56' AS TIMESTAMP(4)", "line 1:44: mismatched input 'TIME'. Expecting: <expression>"),
        ("SELECT nullif(1, 2% )", "line 1:21: mismatched input 'nullif'. Expecting: '*', <expression>"),
        (
            "SELECT count(DISTINCT n_regionkeyWINDOW, COUNT(*) FROM nation",
            "line 1:51: mismatched input 'count'. Expecting: '*', <expression>",
        ),
        // What is looked at and what is read differ.
        (
            "SELECT BIGINT '1' x y",
            "line 1:21: mismatched input 'y'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>",
        ),
        ("VALUES CASE 1 CAST BETWEEN 0 AND 2 WHEN true THEN 10 ELSE 20 END", "line 1:15: mismatched input 'CAST'. Expecting: 'WHEN'"),
        ("SELECT CAST(custkey NFKC AS VARCHAR)", "line 1:21: mismatched input 'NFKC'. Expecting: 'AS'"),
        ("SELECT trim(TRAILING ' ' FROM ' abc ':", "line 1:38: mismatched input ':'. Expecting: ')'"),
        ("SELECT json_object('key' : 1 RETURNING varchar JSON)", "line 1:48: mismatched input 'JSON'. Expecting: ')', 'FORMAT'"),
        // A name that is refused is refused after a syntax error that looking ahead has found.
        ("SELECT var_args_sum(1RETURNING 2, 3)", "line 1:32: mismatched input '2'. Expecting: ')', ',', '.', 'ORDER'"),
        ("SELECT 1x", "line 1:8: identifiers must not start with a digit; surround the identifier with double quotes"),
    ] {
        assert_eq!(parse_statement(sql).unwrap_err().message, expected, "{sql}");
    }
}

#[test]
fn the_word_after_an_interval_may_be_its_alias() {
    assert!(parse_statement("SELECT INTERVAL '33' DAY to").is_ok());
    assert!(parse_statement("SELECT INTERVAL '1-2' YEAR TO MONTH to").is_ok());
}
