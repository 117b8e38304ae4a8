// Drives the mock over its control API, with the standard library: go run drive.go
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

var mock = "http://127.0.0.1:8080"

// call asks the control API and reads its answer into out; a refusal ends in a panic, so that what is deferred happens.
func call(method, path, body string, out any) {
	request, err := http.NewRequest(method, mock+"/_mock/sandboxes"+path, strings.NewReader(body))
	check(err)
	text, status := send(request)
	if status >= 300 {
		log.Panicf("%s %s: %d %s", method, path, status, text)
	}
	if out != nil {
		check(json.Unmarshal(text, out))
	}
}

// track asks as the code under test would.
func track(token string) (tag string, status int) {
	request, err := http.NewRequest("GET", mock+"/tracking/ORDER-1", nil)
	check(err)
	request.Header.Set("Authorization", "Bearer "+token)
	text, status := send(request)
	var tracking struct{ Tag string }
	check(json.Unmarshal(text, &tracking))
	return tracking.Tag, status
}

func send(request *http.Request) (text []byte, status int) {
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	check(err)
	return text, response.StatusCode
}

func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func main() {
	if url := os.Getenv("MOCK"); url != "" {
		mock = url
	}
	var sandbox struct {
		ID       string
		Accounts struct{ Own struct{ Token string } }
	}
	call("POST", "", `{"clock": {"now": "2026-04-01T00:00:00Z", "frozen": true}}`, &sandbox)
	path, token := "/"+sandbox.ID, sandbox.Accounts.Own.Token
	defer call("DELETE", path, "", nil)

	call("POST", path+"/labels", `{"scenario": "delivered", "order_number": "ORDER-1"}`, nil)
	tag, _ := track(token)
	fmt.Println(tag)
	call("POST", path+"/clock/advance", `{"seconds": 604800}`, nil)
	tag, _ = track(token)
	fmt.Println(tag)
	call("POST", path+"/faults", `{"kind": "status", "status": 502}`, nil)
	_, status := track(token)
	fmt.Println(status)

	var journal struct{ Exchanges []struct{ Status int } }
	call("GET", path+"/journal", "", &journal)
	fmt.Print("journal:")
	for _, exchange := range journal.Exchanges {
		fmt.Print(" ", exchange.Status)
	}
	fmt.Println()
}
