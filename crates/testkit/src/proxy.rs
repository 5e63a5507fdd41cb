//! A network that loses answers.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Passes every request on and waits for its answer, so that the server has committed, and then
/// cuts the connection instead of handing the answer over.
pub struct ReplyDroppingProxy {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl ReplyDroppingProxy {
    /// Stands before this server.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
        let address = listener.local_addr().expect("a bound port has an address");
        let task = tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(drop_the_reply(caller, server));
            }
        });
        Self { address, task }
    }
}

impl Drop for ReplyDroppingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn drop_the_reply(caller: TcpStream, server: SocketAddr) -> io::Result<()> {
    let (mut from_caller, _to_caller) = caller.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let requests = async {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = from_caller.read(&mut buffer).await?;
            if read == 0 {
                // The caller gave up; the answer is waited for all the same.
                return std::future::pending::<io::Result<()>>().await;
            }
            to_server.write_all(&buffer[..read]).await?;
        }
    };
    tokio::select! {
        failed = requests => failed,
        answered = from_server.read_u8() => answered.map(|_| ()),
    }
}
