//! Which texts does the engine's parser accept? The grammar as a table, used to name what could have stood at
//! an error and to recognise the statements that have no tree.
//!
//! Ref: Trino 401 grammar; Athena's own statements and words are added (`UNLOAD`, `PROTECTED MULTI DIALECT VIEW`).
//!
//! Notation, one rule an entry: upper-case words are keywords, quoted text an operator, lower-case words other
//! rules, `#name` a token class. `[x]` is optional, `{x}` repeats, `x+` repeats and stands once at least, `a | b` chooses, `x % ','` is a list.
//! `5! x` allows `x` only where the rule was called with precedence 5 or lower, `rule(4)` calls with 4; a call
//! without a number is a call with 0. The order of alternatives is the engine's, since it decides ties.
//!
//! Size: it is one table, and splitting it would hide the order that matters.

/// Rules an error names as a whole, by their label.
pub(super) const LABELS: &[(&str, &str)] = &[
    ("expression", "<expression>"),
    ("boolean_expression", "<expression>"),
    ("value_expression", "<expression>"),
    ("primary_expression", "<expression>"),
    ("predicate", "<predicate>"),
    ("identifier", "<identifier>"),
    ("string", "<string>"),
    ("query", "<query>"),
    ("type", "<type>"),
];

/// Name and body of every rule.
#[rustfmt::skip]
pub(super) const RULES: &[(&str, &str)] = &[
    ("single_statement", "statement #end"),
    ("single_athena_statement", "athena_statement #end"),
    ("single_query", "query #end"),
    ("single_expression", "expression #end"),
    ("single_type", "type #end"),
    ("single_row_pattern", "row_pattern #end"),
    ("single_path", "path #end"),

    ("statement", "query
        | USE identifier | USE identifier '.' identifier
        | CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION principal] [WITH properties]
        | DROP SCHEMA [IF EXISTS] name [CASCADE | RESTRICT]
        | ALTER SCHEMA name RENAME TO identifier
        | ALTER SCHEMA name SET AUTHORIZATION principal
        | CREATE TABLE [IF NOT EXISTS] name [columns] [COMMENT string] [WITH properties] AS (query | '(' query ')') [WITH [NO] DATA]
        | CREATE TABLE [IF NOT EXISTS] name '(' table_element % ',' ')' [COMMENT string] [WITH properties]
        | DROP TABLE [IF EXISTS] name
        | INSERT INTO name [columns] query
        | DELETE FROM name [WHERE boolean_expression]
        | TRUNCATE TABLE name
        | COMMENT ON TABLE name IS (string | NULL)
        | COMMENT ON VIEW name IS (string | NULL)
        | COMMENT ON COLUMN name IS (string | NULL)
        | ALTER TABLE [IF EXISTS] name RENAME TO name
        | ALTER TABLE [IF EXISTS] name ADD COLUMN [IF NOT EXISTS] column
        | ALTER TABLE [IF EXISTS] name RENAME COLUMN [IF EXISTS] identifier TO identifier
        | ALTER TABLE [IF EXISTS] name DROP COLUMN [IF EXISTS] name
        | ALTER TABLE name SET AUTHORIZATION principal
        | ALTER TABLE name SET PROPERTIES property_assignments
        | ALTER TABLE name EXECUTE identifier ['(' [call_argument % ','] ')'] [WHERE boolean_expression]
        | ANALYZE name [WITH properties]
        | CREATE [OR REPLACE] MATERIALIZED VIEW [IF NOT EXISTS] name [COMMENT string] [WITH properties] AS query
        | CREATE [OR REPLACE] [PROTECTED] [MULTI DIALECT] VIEW name [COMMENT string] [SECURITY (DEFINER | INVOKER)] AS query
        | CREATE [OR REPLACE] PROTECTED MULTI DIALECT VIEW name [COMMENT string] [SECURITY DEFINER] SHOW VIEW JSON AS query
        | REFRESH MATERIALIZED VIEW name
        | DROP MATERIALIZED VIEW [IF EXISTS] name
        | ALTER MATERIALIZED VIEW [IF EXISTS] name RENAME TO name
        | ALTER MATERIALIZED VIEW name SET PROPERTIES property_assignments
        | DROP VIEW [IF EXISTS] name
        | ALTER VIEW name RENAME TO name
        | ALTER VIEW name SET AUTHORIZATION principal
        | CALL name '(' [call_argument % ','] ')'
        | CREATE ROLE identifier [WITH ADMIN grantor] [IN identifier]
        | DROP ROLE identifier [IN identifier]
        | GRANT roles TO principal % ',' [WITH ADMIN OPTION] [GRANTED BY grantor] [IN identifier]
        | REVOKE [ADMIN OPTION FOR] roles FROM principal % ',' [GRANTED BY grantor] [IN identifier]
        | SET ROLE (ALL | NONE | identifier) [IN identifier]
        | GRANT (privilege % ',' | ALL PRIVILEGES) ON [SCHEMA | TABLE] name TO principal [WITH GRANT OPTION]
        | DENY (privilege % ',' | ALL PRIVILEGES) ON [SCHEMA | TABLE] name TO principal
        | REVOKE [GRANT OPTION FOR] (privilege % ',' | ALL PRIVILEGES) ON [SCHEMA | TABLE] name FROM principal
        | SHOW GRANTS [ON [TABLE] name]
        | EXPLAIN ['(' explain_option % ',' ')'] statement
        | EXPLAIN ANALYZE [VERBOSE] statement
        | SHOW CREATE TABLE name
        | SHOW CREATE SCHEMA name
        | SHOW CREATE VIEW name
        | SHOW CREATE MATERIALIZED VIEW name
        | SHOW TABLES [(FROM | IN) name] [LIKE string [ESCAPE string]]
        | SHOW SCHEMAS [(FROM | IN) identifier] [LIKE string [ESCAPE string]]
        | SHOW CATALOGS [LIKE string [ESCAPE string]]
        | SHOW COLUMNS (FROM | IN) [name] [LIKE string [ESCAPE string]]
        | SHOW STATS FOR name
        | SHOW STATS FOR '(' query ')'
        | SHOW [CURRENT] ROLES [(FROM | IN) identifier]
        | SHOW ROLE GRANTS [(FROM | IN) identifier]
        | DESCRIBE name
        | DESC name
        | SHOW FUNCTIONS [LIKE string [ESCAPE string]]
        | SHOW SESSION [LIKE string [ESCAPE string]]
        | SET SESSION name '=' expression
        | RESET SESSION name
        | START TRANSACTION [transaction_mode % ',']
        | COMMIT [WORK]
        | ROLLBACK [WORK]
        | PREPARE identifier FROM statement
        | DEALLOCATE PREPARE identifier
        | EXECUTE identifier [USING expression % ',']
        | DESCRIBE INPUT identifier
        | DESCRIBE OUTPUT identifier
        | SET PATH path
        | SET TIME ZONE (LOCAL | expression)
        | UPDATE name SET assignment % ',' [WHERE boolean_expression]
        | MERGE INTO name [[AS] identifier] USING relation ON expression merge_case+
        | UNLOAD '(' query ')' TO string [WITH properties]"),
    ("athena_statement", "OPTIMIZE name REWRITE DATA USING BIN_PACK [WHERE boolean_expression]
        | VACUUM name
        | USING external_function % ',' query"),
    ("external_function", "EXTERNAL FUNCTION identifier '(' [function_argument % ','] ')' RETURNS type LAMBDA string"),
    ("function_argument", "identifier type"),

    ("query", "[with] query_no_with"),
    ("with", "WITH [RECURSIVE] named_query % ','"),
    ("table_element", "column | like_clause"),
    ("column", "identifier type [NOT NULL] [COMMENT string] [WITH properties]"),
    ("like_clause", "LIKE name [(INCLUDING | EXCLUDING) PROPERTIES]"),
    ("properties", "'(' property_assignments ')'"),
    ("property_assignments", "property % ','"),
    ("property", "identifier '=' property_value"),
    ("property_value", "DEFAULT | expression"),
    ("query_no_with", "query_term [ORDER BY sort_item % ','] [OFFSET row_count [ROW | ROWS]]
        [LIMIT limit_row_count | FETCH (FIRST | NEXT) [row_count] (ROW | ROWS) (ONLY | WITH TIES)]"),
    ("limit_row_count", "ALL | row_count"),
    ("row_count", "#integer | '?'"),
    ("query_term", "query_primary {2! INTERSECT [set_quantifier] query_term(3) | 1! (UNION | EXCEPT) [set_quantifier] query_term(2)}"),
    ("query_primary", "query_specification | TABLE name | VALUES expression % ',' | '(' query_no_with ')'"),
    ("sort_item", "expression [ASC | DESC] [NULLS (FIRST | LAST)]"),
    ("query_specification", "SELECT [set_quantifier] select_item % ',' [FROM relation % ','] [WHERE boolean_expression]
        [GROUP BY group_by] [HAVING boolean_expression] [WINDOW window_definition % ',']"),
    ("group_by", "[set_quantifier] grouping_element % ','"),
    ("grouping_element", "grouping_set | ROLLUP '(' [expression % ','] ')' | CUBE '(' [expression % ','] ')'
        | GROUPING SETS '(' grouping_set % ',' ')'"),
    ("grouping_set", "'(' [expression % ','] ')' | expression"),
    ("window_definition", "identifier AS '(' window_specification ')'"),
    ("window_specification", "[identifier] [PARTITION BY expression % ','] [ORDER BY sort_item % ','] [window_frame]"),
    ("named_query", "identifier [columns] AS '(' query ')'"),
    ("set_quantifier", "DISTINCT | ALL"),
    ("select_item", "expression [[AS] identifier] | primary_expression '.' '*' [AS columns] | '*'"),

    ("relation", "sampled_relation {2! (CROSS JOIN sampled_relation | join_type JOIN relation join_criteria
        | NATURAL join_type JOIN sampled_relation)}"),
    ("join_type", "[INNER] | LEFT [OUTER] | RIGHT [OUTER] | FULL [OUTER]"),
    ("join_criteria", "ON boolean_expression | USING '(' identifier % ',' ')'"),
    ("sampled_relation", "pattern_recognition [TABLESAMPLE (BERNOULLI | SYSTEM) '(' expression ')']"),
    ("pattern_recognition", "aliased_relation [MATCH_RECOGNIZE '(' [PARTITION BY expression % ',']
        [ORDER BY sort_item % ','] [MEASURES measure % ','] [rows_per_match] [AFTER MATCH skip_to] [INITIAL | SEEK]
        PATTERN '(' row_pattern ')' [SUBSET subset % ','] DEFINE variable_definition % ',' ')' [[AS] identifier [columns]]]"),
    ("measure", "expression AS identifier"),
    ("rows_per_match", "ONE ROW PER MATCH | ALL ROWS PER MATCH [empty_matches]"),
    ("empty_matches", "SHOW EMPTY MATCHES | OMIT EMPTY MATCHES | WITH UNMATCHED ROWS"),
    ("skip_to", "SKIP TO NEXT ROW | SKIP PAST LAST ROW | SKIP TO FIRST identifier | SKIP TO LAST identifier | SKIP TO identifier"),
    ("subset", "identifier '=' '(' identifier % ',' ')'"),
    ("variable_definition", "identifier AS expression"),
    ("aliased_relation", "relation_primary [[AS] identifier [columns]]"),
    ("columns", "'(' identifier % ',' ')'"),
    ("relation_primary", "name [query_period] | '(' query ')' | UNNEST '(' expression % ',' ')' [WITH ORDINALITY]
        | LATERAL '(' query ')' | TABLE '(' table_function ')' | '(' relation ')'"),
    ("query_period", "FOR (TIMESTAMP | VERSION) AS OF value_expression"),
    ("table_function", "name '(' [table_function_argument % ','] [COPARTITION copartition % ','] ')'"),
    ("copartition", "'(' name (',' name)+ ')'"),
    ("table_function_argument", "[identifier '=>'] (table_argument | descriptor | expression)"),
    ("table_argument", "(TABLE '(' name ')' [[AS] identifier [columns]] | TABLE '(' query ')' [[AS] identifier [columns]])
        [PARTITION BY ('(' [expression % ','] ')' | expression)] [PRUNE WHEN EMPTY | KEEP WHEN EMPTY]
        [ORDER BY ('(' sort_item % ',' ')' | sort_item)]"),
    ("descriptor", "DESCRIPTOR '(' descriptor_field % ',' ')' | CAST '(' NULL AS DESCRIPTOR ')'"),
    ("descriptor_field", "identifier [type]"),

    ("expression", "boolean_expression"),
    ("boolean_expression", "(value_expression [predicate] | NOT boolean_expression(3))
        {2! AND boolean_expression(3) | 1! OR boolean_expression(2)}"),
    ("predicate", "comparison value_expression | comparison (ALL | SOME | ANY) '(' query ')'
        | [NOT] BETWEEN value_expression AND value_expression
        | [NOT] IN '(' expression % ',' ')' | [NOT] IN '(' query ')'
        | [NOT] LIKE value_expression [ESCAPE value_expression]
        | IS [NOT] NULL | IS [NOT] DISTINCT FROM value_expression"),
    ("comparison", "'=' | '<>' | '<' | '<=' | '>' | '>='"),
    ("value_expression", "(primary_expression | ('-' | '+') value_expression(4))
        {5! AT time_zone | 3! ('*' | '/' | '%') value_expression(4) | 2! ('+' | '-') value_expression(3) | 1! '||' value_expression(2)}"),
    ("primary_expression", "(NULL | interval | identifier string | DOUBLE PRECISION string | number | boolean | string
        | #binary | '?' | POSITION '(' value_expression IN value_expression ')'
        | '(' expression (',' expression)+ ')' | ROW '(' expression % ',' ')'
        | LISTAGG '(' [set_quantifier] expression [',' string] [ON OVERFLOW overflow] ')' WITHIN GROUP '(' ORDER BY sort_item % ',' ')'
        | [processing_mode] name '(' [identifier '.'] '*' ')' [filter] [over]
        | [processing_mode] name '(' [[set_quantifier] expression % ','] [ORDER BY sort_item % ','] ')' [filter] [[null_treatment] over]
        | identifier over | identifier '->' expression | '(' [identifier % ','] ')' '->' expression
        | '(' query ')' | EXISTS '(' query ')'
        | CASE expression when+ [ELSE expression] END | CASE when+ [ELSE expression] END
        | CAST '(' expression AS type ')' | TRY_CAST '(' expression AS type ')'
        | ARRAY '[' [expression % ','] ']' | identifier
        | CURRENT_DATE | CURRENT_TIME ['(' #integer ')'] | CURRENT_TIMESTAMP ['(' #integer ')']
        | LOCALTIME ['(' #integer ')'] | LOCALTIMESTAMP ['(' #integer ')']
        | CURRENT_USER | CURRENT_CATALOG | CURRENT_SCHEMA | CURRENT_PATH
        | TRIM '(' [[LEADING | TRAILING | BOTH] [value_expression] FROM] value_expression ')'
        | TRIM '(' value_expression ',' value_expression ')'
        | SUBSTRING '(' value_expression FROM value_expression [FOR value_expression] ')'
        | NORMALIZE '(' value_expression [',' (NFD | NFC | NFKD | NFKC)] ')'
        | EXTRACT '(' identifier FROM value_expression ')'
        | '(' expression ')' | GROUPING '(' [name % ','] ')'
        | JSON_EXISTS '(' json_path [(TRUE | FALSE | UNKNOWN | ERROR) ON ERROR] ')'
        | JSON_VALUE '(' json_path [RETURNING type] [json_value_behavior ON EMPTY] [json_value_behavior ON ERROR] ')'
        | JSON_QUERY '(' json_path [RETURNING type [FORMAT json_format]] [json_wrapper WRAPPER]
            [(KEEP | OMIT) QUOTES [ON SCALAR STRING]] [json_query_behavior ON EMPTY] [json_query_behavior ON ERROR] ')'
        | JSON_OBJECT '(' [json_member % ',' [NULL ON NULL | ABSENT ON NULL] [WITH UNIQUE [KEYS] | WITHOUT UNIQUE [KEYS]]]
            [RETURNING type [FORMAT json_format]] ')'
        | JSON_ARRAY '(' [json_value % ',' [NULL ON NULL | ABSENT ON NULL]] [RETURNING type [FORMAT json_format]] ')')
        {2! '[' value_expression ']' | 1! '.' identifier}"),
    ("overflow", "ERROR | TRUNCATE [string] (WITH COUNT | WITHOUT COUNT)"),
    ("json_path", "json_value ',' string [PASSING json_argument % ',']"),
    ("json_value", "expression [FORMAT json_format]"),
    ("json_format", "JSON [ENCODING (UTF8 | UTF16 | UTF32)]"),
    ("json_argument", "json_value AS identifier"),
    ("json_value_behavior", "ERROR | NULL | DEFAULT expression"),
    ("json_wrapper", "WITHOUT [ARRAY] | WITH [CONDITIONAL | UNCONDITIONAL] [ARRAY]"),
    ("json_query_behavior", "ERROR | NULL | EMPTY ARRAY | EMPTY OBJECT"),
    ("json_member", "[KEY] expression VALUE json_value | expression ':' json_value"),
    ("processing_mode", "RUNNING | FINAL"),
    ("null_treatment", "IGNORE NULLS | RESPECT NULLS"),
    ("string", "#string | #unicode_string [UESCAPE #string]"),
    ("time_zone", "TIME ZONE interval | TIME ZONE string"),
    ("boolean", "TRUE | FALSE"),
    ("interval", "INTERVAL ['+' | '-'] string interval_field [TO interval_field]"),
    ("interval_field", "YEAR | MONTH | DAY | HOUR | MINUTE | SECOND"),
    ("type", "(ROW '(' row_field % ',' ')' | INTERVAL interval_field [TO interval_field]
        | TIMESTAMP ['(' type_parameter ')'] [WITHOUT TIME ZONE] | TIMESTAMP ['(' type_parameter ')'] WITH TIME ZONE
        | TIME ['(' type_parameter ')'] [WITHOUT TIME ZONE] | TIME ['(' type_parameter ')'] WITH TIME ZONE
        | DOUBLE PRECISION | ARRAY '<' type '>' | MAP '<' type ',' type '>'
        | identifier ['(' type_parameter % ',' ')']) {2! ARRAY ['[' #integer ']']}"),
    ("row_field", "type | identifier type"),
    ("type_parameter", "#integer | type"),
    ("when", "WHEN expression THEN expression"),
    ("filter", "FILTER '(' WHERE boolean_expression ')'"),
    ("merge_case", "WHEN MATCHED [AND expression] THEN UPDATE SET assignment % ',' | WHEN MATCHED [AND expression] THEN DELETE
        | WHEN NOT MATCHED [AND expression] THEN INSERT ['(' identifier % ',' ')'] VALUES '(' expression % ',' ')'"),
    ("over", "OVER (identifier | '(' window_specification ')')"),
    ("window_frame", "[MEASURES measure % ','] frame_extent [AFTER MATCH skip_to] [INITIAL | SEEK]
        [PATTERN '(' row_pattern ')'] [SUBSET subset % ','] [DEFINE variable_definition % ',']"),
    ("frame_extent", "(RANGE | ROWS | GROUPS) frame_bound | (RANGE | ROWS | GROUPS) BETWEEN frame_bound AND frame_bound"),
    ("frame_bound", "UNBOUNDED PRECEDING | UNBOUNDED FOLLOWING | CURRENT ROW | expression (PRECEDING | FOLLOWING)"),
    ("row_pattern", "pattern_primary [pattern_quantifier] {2! row_pattern(3) | 1! '|' row_pattern(2)}"),
    ("pattern_primary", "identifier | '(' ')' | PERMUTE '(' row_pattern % ',' ')' | '(' row_pattern ')' | '^' | '$'
        | '{-' row_pattern '-}'"),
    ("pattern_quantifier", "'*' ['?'] | '+' ['?'] | '?' ['?'] | '{' #integer '}' ['?'] | '{' [#integer] ',' [#integer] '}' ['?']"),
    ("assignment", "identifier '=' expression"),
    ("explain_option", "FORMAT (TEXT | GRAPHVIZ | JSON) | TYPE (LOGICAL | DISTRIBUTED | VALIDATE | IO)"),
    ("transaction_mode", "ISOLATION LEVEL isolation | READ (ONLY | WRITE)"),
    ("isolation", "READ UNCOMMITTED | READ COMMITTED | REPEATABLE READ | SERIALIZABLE"),
    ("call_argument", "expression | identifier '=>' expression"),
    ("path_element", "identifier '.' identifier | identifier"),
    ("path", "path_element % ','"),
    ("privilege", "CREATE | SELECT | DELETE | INSERT | UPDATE"),
    ("name", "identifier {'.' identifier}"),
    ("grantor", "principal | CURRENT_USER | CURRENT_ROLE"),
    ("principal", "identifier | USER identifier | ROLE identifier"),
    ("roles", "identifier % ','"),
    ("identifier", "#identifier | #quoted_identifier | #non_reserved | #backquoted_identifier | #digit_identifier"),
    ("number", "['-'] #decimal | ['-'] #double | ['-'] #integer"),
];
