# The mock server in a container; how to use it: docs/ci.md.
FROM python:3.13-slim AS build

WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY openapi openapi
COPY mockserver mockserver
COPY fixtures fixtures
COPY contract_tests contract_tests

RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /dist .
# An environment without pip: what serve needs, at the versions that were tested, and nothing else.
RUN python -m venv --without-pip /opt/flexforward-mock \
    && python -m pip --python /opt/flexforward-mock/bin/python install \
        --no-cache-dir --only-binary :all: -c constraints.txt /dist/*.whl

FROM python:3.13-slim

LABEL org.opencontainers.image.title="flexforward-mock" \
      org.opencontainers.image.description="A mock of the Flex Forward tracking API (unofficial)" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /opt/flexforward-mock /opt/flexforward-mock
ENV PATH=/opt/flexforward-mock/bin:$PATH
# Ends the build if the command cannot start.
RUN flexforward-mock serve --help >/dev/null

# A number, so that an orchestrator can tell that it is not root.
USER 10001:10001
EXPOSE 8080

# Past any proxy that the environment names: it could not reach this loopback address.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8080/_mock/health', timeout=2)"]

ENTRYPOINT ["flexforward-mock"]
# Refuses to start without FLEXFORWARD_MOCK_CONTROL_TOKEN: beyond loopback, the control API wants a secret.
CMD ["serve", "--host", "0.0.0.0"]
