from gevent.server import StreamServer


def echo(socket, address):
    while data := socket.recv(1024):
        socket.sendall(data)


def serve(case):
    server = StreamServer(("127.0.0.1", 0), echo, backlog=1024)
    server.start()
    print(server.server_port, flush=True)
    server.serve_forever()
