//! One listener: takes connections while there is room, answers one request on each, and stops in good order.

use super::connections::{Room, Seat};
use super::limits::Limits;
use super::{access, bodies};
use axum::Router;
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Between two tries of a listener that gets no connection: out of file handles, most likely.
const NEXT_TRY: Duration = Duration::from_secs(1);
/// For one who has not asked yet when the listener stops.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A bound listener with what it serves.
pub struct Server {
    name: &'static str,
    listener: TcpListener,
    router: Router,
    limits: Limits,
    room: Room,
}

impl Server {
    /// Binds `address`; `name` is what the log calls the listener.
    pub async fn bind(name: &'static str, address: SocketAddr, router: Router, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let router = router
            .fallback(async || (StatusCode::NOT_FOUND, "there is no such page\n"))
            .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "this page takes another method\n"))
            .layer(from_fn_with_state(limits, bodies::read_whole))
            .layer(from_fn_with_state(name, access::log));
        Ok(Self { name, listener, router, limits, room: Room::within_handles() })
    }

    /// The same with so many connections at once.
    #[cfg(test)]
    pub(super) fn with_room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is asked to stop; then nothing new is taken, and what is being answered may end within the bound
    /// for that. Where this is dropped, all connections end at once.
    pub async fn run(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let seat = tokio::select! {
                        () = stop.cancelled() => break,
                        seat = self.room.seat() => Arc::new(seat),
                    };
                    let connection = Connection {
                        listener: self.name,
                        router: self.router.clone(),
                        limits: self.limits,
                        seat,
                        stop: stop.clone(),
                    };
                    connections.spawn(connection.serve(stream));
                }
                Err(error) => {
                    tracing::warn!(http.listener = self.name, error = %error, "a listener gets no connection");
                    tokio::time::sleep(NEXT_TRY).await;
                }
            }
        }
        drop(self.listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.drain, ended).await.is_err() {
            tracing::info!(
                http.listener = self.name,
                http.connections = connections.len(),
                "connections are cut off at the stop"
            );
        }
    }
}

struct Connection {
    listener: &'static str,
    router: Router,
    limits: Limits,
    seat: Arc<Seat>,
    stop: CancellationToken,
}

impl Connection {
    /// One request on its connection. Who goes away in the middle is no trouble of ours.
    async fn serve(self, stream: TcpStream) {
        let Self { listener, router, limits, seat, stop } = self;
        let answer = service(router, seat.clone());
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(limits.head_bytes);
        server.keep_alive(false);
        let answering = server.serve_connection(TokioIo::new(stream), answer);
        let silent_at_stop = async {
            stop.cancelled().await;
            if seat.is_served() {
                return std::future::pending().await;
            }
            tokio::time::sleep(LAST_WORD).await;
        };
        let end = tokio::select! {
            ended = answering => match ended {
                // What was no request never reached a handler, so that it has no line of its own.
                Err(error) if error.is_parse() => Some("it was no request"),
                Err(error) if error.is_timeout() => Some("the head of the request was too slow"),
                Ok(()) | Err(_) => None,
            },
            () = tokio::time::sleep(limits.whole) => Some("it took too long"),
            () = seat.left() => Some("a silent client made way for another"),
            () = silent_at_stop => None,
        };
        if let Some(reason) = end {
            tracing::info!(http.listener = listener, reason, "a connection was closed");
        }
    }
}

type Answer = Result<Response, Infallible>;

/// Hands requests to the router, with the seat they came in.
fn service(
    router: Router,
    seat: Arc<Seat>,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future = impl Future<Output = Answer>> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(seat.clone());
        let (answer, seat) = (router.call(request), seat.clone());
        async move {
            let answer = answer.await;
            seat.set_served(false);
            answer
        }
    })
}
