// Runs one query with the AWS SDK for JavaScript, and prints its columns' types and its rows.
import { AthenaClient, GetQueryExecutionCommand, StartQueryExecutionCommand, paginateGetQueryResults } from "@aws-sdk/client-athena";

const [sql, output] = process.argv.slice(2);
const client = new AthenaClient({});
const { QueryExecutionId } = await client.send(
  new StartQueryExecutionCommand({ QueryString: sql, ResultConfiguration: { OutputLocation: output } }),
);
for (;;) {
  const { QueryExecution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
  if (QueryExecution.Status.State === "SUCCEEDED") break;
  if (["FAILED", "CANCELLED"].includes(QueryExecution.Status.State)) throw new Error(QueryExecution.Status.StateChangeReason);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
let first = true;
for await (const page of paginateGetQueryResults({ client }, { QueryExecutionId })) {
  if (first) console.log(page.ResultSet.ResultSetMetadata.ColumnInfo.map((column) => column.Type).join("|"));
  first = false;
  for (const row of page.ResultSet.Rows) console.log(row.Data.map((cell) => cell.VarCharValue ?? "").join("|"));
}
