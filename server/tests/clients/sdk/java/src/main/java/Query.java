import java.util.stream.Collectors;
import software.amazon.awssdk.services.athena.AthenaClient;
import software.amazon.awssdk.services.athena.model.ColumnInfo;
import software.amazon.awssdk.services.athena.model.QueryExecutionState;
import software.amazon.awssdk.services.athena.model.QueryExecutionStatus;

/** Runs one query with the AWS SDK for Java, and prints its columns' types and its rows. */
public final class Query {
    public static void main(String[] arguments) throws InterruptedException {
        // The address comes from AWS_ENDPOINT_URL, as in every SDK.
        try (AthenaClient client = AthenaClient.create()) {
            String id = client.startQueryExecution(request -> request
                    .queryString(System.getenv("CHECK_SQL"))
                    .resultConfiguration(result -> result.outputLocation(System.getenv("CHECK_OUTPUT"))))
                    .queryExecutionId();
            while (true) {
                QueryExecutionStatus status = client.getQueryExecution(request -> request.queryExecutionId(id)).queryExecution().status();
                if (status.state() == QueryExecutionState.SUCCEEDED) {
                    break;
                }
                if (status.state() == QueryExecutionState.FAILED || status.state() == QueryExecutionState.CANCELLED) {
                    throw new IllegalStateException(status.stateChangeReason());
                }
                Thread.sleep(20);
            }
            boolean[] first = {true};
            client.getQueryResultsPaginator(request -> request.queryExecutionId(id)).forEach(page -> {
                if (first[0]) {
                    System.out.println(page.resultSet().resultSetMetadata().columnInfo().stream()
                            .map(ColumnInfo::type).collect(Collectors.joining("|")));
                    first[0] = false;
                }
                page.resultSet().rows().forEach(row -> System.out.println(row.data().stream()
                        .map(cell -> cell.varCharValue() == null ? "" : cell.varCharValue()).collect(Collectors.joining("|"))));
            });
        }
    }
}
