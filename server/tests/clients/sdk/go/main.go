// Runs one query with the AWS SDK for Go, and prints its columns' types and its rows.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	check(err)
	client := athena.NewFromConfig(settings)
	started, err := client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:         aws.String(os.Args[1]),
		ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String(os.Args[2])},
	})
	check(err)
	for {
		execution, err := client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		check(err)
		status := execution.QueryExecution.Status
		if status.State == types.QueryExecutionStateSucceeded {
			break
		}
		if status.State == types.QueryExecutionStateFailed || status.State == types.QueryExecutionStateCancelled {
			log.Fatal(*status.StateChangeReason)
		}
		time.Sleep(20 * time.Millisecond)
	}
	first := true
	pages := athena.NewGetQueryResultsPaginator(client, &athena.GetQueryResultsInput{QueryExecutionId: started.QueryExecutionId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		if first {
			names := []string{}
			for _, column := range page.ResultSet.ResultSetMetadata.ColumnInfo {
				names = append(names, *column.Type)
			}
			fmt.Println(strings.Join(names, "|"))
			first = false
		}
		for _, row := range page.ResultSet.Rows {
			cells := []string{}
			for _, cell := range row.Data {
				cells = append(cells, aws.ToString(cell.VarCharValue))
			}
			fmt.Println(strings.Join(cells, "|"))
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
