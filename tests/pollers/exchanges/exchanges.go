// As many exchanges as its second argument says, a minute apart, each with a time-out of a second; prints how many failed.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	client, failed := &http.Client{Timeout: time.Second}, 0
	count, _ := strconv.Atoi(os.Args[2])
	for i := 0; i < count; i++ {
		response, err := client.Get(os.Args[1])
		if err == nil {
			_, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if err != nil {
			failed++
			fmt.Fprintln(os.Stderr, err)
		}
		time.Sleep(time.Minute)
	}
	fmt.Println(failed)
}
