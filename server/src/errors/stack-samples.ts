/** Stack traces as the four runtimes print them, for tests. */

export const NODE_STACK: string = `PaymentTimeoutError: provider timed out after 3000ms
    at charge (file:///srv/releases/812/shop/src/payments/provider.ts:42:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async Promise.all (index 3)
    at async Object.handle [as onRequest] (/srv/releases/812/shop/src/payments/server.ts:77:5)
    at /srv/releases/812/node_modules/x/y.js:1:2
    at new Order (/srv/releases/812/dist/assets/index-DhX92_a1.js:1:2)
    at eval (eval at <anonymous> (a.js:1:2), <anonymous>:1:1) {
  code: 'X',
  [cause]: TypeError [ERR_X]: fetch failed
      at inner (/srv/releases/812/shop/src/payments/http.ts:4:1)
}`;

export const PYTHON_STACK: string = `Traceback (most recent call last):
  File "/app/orders/db.py", line 10, in get
    return self.rows[key]
           ~~~~~~~~~^^^^^
KeyError: 'order-12'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/lib/python3.12/asyncio/runners.py", line 118, in run
    return self._loop.run_until_complete(task)
  File "/app/orders/api.py", line 20, in handle
    order = get(12)
  File "/app/.venv/lib/python3.12/site-packages/starlette/x.py", line 2, in y
    z()
orders.errors.OrderNotFound: order 12 not found`;

export const JAVA_STACK: string = `jakarta.servlet.ServletException: Request processing failed
	at org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:1022)
	at com.acme.shop.OrderController$$SpringCGLIB$$0.create(<generated>)
	at com.acme.shop.OrderController.lambda$create$12(OrderController.java:42)
	at java.base/java.lang.Thread.run(Thread.java:833)
	Suppressed: java.io.IOException: x
		at com.acme.Never.seen(Never.java:1)
Caused by: com.acme.shop.PaymentException: card 4111 declined
	at app//com.acme.shop.Payments.charge(Payments.java:7) ~[app.jar:1.0]
	... 23 more`;

export const GO_STACK: string = `panic: runtime error: invalid memory address or nil pointer dereference [recovered]
	panic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]

goroutine 34 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:24 +0x65
panic({0x6f5a40?, 0x8d7d00?})
	/usr/local/go/src/runtime/panic.go:884 +0x213
github.com/acme/shop/orders.(*Handler).Create(0xc0000b4000, {0x7f, 0x1})
	/build/orders/handler.go:42 +0x1d
main.main.func1.2()
	/build/cmd/shop/main.go:12 +0x85
net/http.HandlerFunc.ServeHTTP(0x0?, {0x7ffff?, 0xc}, 0x0?)
	/usr/local/go/src/net/http/server.go:2122 +0x2f
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3000 +0x5ed

goroutine 1 [chan receive]:
main.other()
	/build/x.go:1`;
