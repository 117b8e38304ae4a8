// A poller with net/http; HABIT breaks it: often, endless or flat.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

var (
	client = &http.Client{Timeout: 30 * time.Second}
	habit  = os.Getenv("HABIT")
	waits  = map[string]time.Duration{
		"Pending": 4 * time.Hour, "InfoReceived": 4 * time.Hour, "InTransit": 30 * time.Minute, "Exception": 15 * time.Minute,
	}
	told = map[string]bool{"InfoReceived": true, "InTransit": true, "Exception": true, "Delivered": true}
)

func ask(address string) (tag string, status int, err error) {
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return "", 0, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("FLEXFORWARD_TOKEN"))
	response, err := client.Do(request)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		return "", response.StatusCode, fmt.Errorf("status %d, %v", response.StatusCode, err)
	}
	var shipment struct{ Tag string }
	err = json.Unmarshal(body, &shipment)
	return shipment.Tag, 200, err
}

func pause(tag string, failures int) time.Duration {
	if failures > 0 && habit == "flat" {
		return 45 * time.Second
	}
	if failures > 0 {
		if failures > 5 {
			return 30 * time.Minute
		}
		return 30 * time.Second << failures
	}
	if habit == "often" {
		return 5 * time.Minute
	}
	if wait, ok := waits[tag]; ok {
		return wait
	}
	return time.Hour
}

func main() {
	address := os.Getenv("FLEXFORWARD_BASE_URL") + "/tracking/" + url.PathEscape(os.Getenv("FLEXFORWARD_ORDER_NUMBER"))
	last, failures := "", 0
	for {
		tag, status, err := ask(address)
		if status == 401 || status == 403 || status == 404 || status == 422 {
			return
		}
		if err != nil || tag == "" {
			failures++
			time.Sleep(pause("", failures))
			continue
		}
		failures = 0
		if told[tag] && tag != last {
			last = tag
			fmt.Println("notify:", tag)
		}
		if (tag == "Delivered" || tag == "Cancelled") && habit != "endless" {
			return
		}
		time.Sleep(pause(tag, 0))
	}
}
