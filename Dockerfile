# One binary on a base of the same glibc as its builder. /data is the lake; it belongs to the user the server runs as.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package owlake --bin owlake && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/owlake /usr/local/bin/owlake
COPY --from=build --chown=nonroot:nonroot /data /data
# The container's port is published on the loopback interface only (docker-compose.yml). Publish it wider with OWLAKE_AUTH=verify and
# OWLAKE_AUTH_KEYS instead of OWLAKE_ALLOW_OPEN_BIND.
ENV OWLAKE_DATA_DIR=/data OWLAKE_BIND=0.0.0.0 OWLAKE_PORT=5455 OWLAKE_ALLOW_OPEN_BIND=true
VOLUME /data
EXPOSE 5455
ENTRYPOINT ["/usr/local/bin/owlake"]
CMD ["serve"]
