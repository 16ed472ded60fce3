//! A reverse proxy as one stands in front of several instances: it hands connections to them in turn, and passes over one
//! that does not accept any.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// Starts one in front of these servers, until the test's end. Returns its address.
pub(crate) fn start(servers: Vec<SocketAddr>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        timeoff_testkit::on_runtime(async {
            let listener = TcpListener::from_std(listener).unwrap();
            let local = tokio::task::LocalSet::new();
            let accepting = async {
                let next = AtomicUsize::new(0);
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    let first = next.fetch_add(1, Ordering::Relaxed) % servers.len();
                    let (behind, before) = (servers[first..].to_vec(), servers[..first].to_vec());
                    tokio::task::spawn_local(pass_on(client, [behind, before].concat()));
                }
            };
            local.run_until(accepting).await
        })
    });
    address
}

/// Passes a connection on to the first server that accepts it. If none does, or it ends, the client's ends.
async fn pass_on(mut client: TcpStream, servers: Vec<SocketAddr>) {
    for server in servers {
        if let Ok(mut server) = TcpStream::connect(server).await {
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
