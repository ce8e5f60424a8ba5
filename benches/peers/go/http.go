package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// items is a server of HTTP/1.1: it prints its port and serves until it is killed.
func items(_ string, _ meter) sample {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(item)))
}

func item(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("Content-Type", "application/json")
	id, err := strconv.Atoi(strings.TrimPrefix(request.URL.Path, "/items/"))
	if err != nil {
		response.WriteHeader(http.StatusNotFound)
		fmt.Fprint(response, "null")
		return
	}
	fmt.Fprintf(response, `{"id":%d,"name":"item %d","tags":["small","quick"]}`, id, id)
}
