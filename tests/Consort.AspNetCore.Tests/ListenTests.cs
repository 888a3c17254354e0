using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consort.AspNetCore.Listening;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class ListenTests(ServerFixture fixture)
{
    private const string Certificate = "ASPNETCORE_Kestrel__Certificates__Default__Path",
        Key = "ASPNETCORE_Kestrel__Certificates__Default__KeyPath";

    [Theory]
    [InlineData("http", "0.0.0.0", false, "WARNING: there are no keys, so whoever reaches http://0.0.0.0:8080, every address of")]
    [InlineData("http", "::", false, "WARNING: there are no keys, so whoever reaches http://[::]:8080, every address of")]
    [InlineData("grpc", "192.0.2.7", false, "WARNING: there are no keys, so whoever reaches grpc://192.0.2.7:8080, may score")]
    [InlineData("https", "0.0.0.0", false, "WARNING: there are no keys")]
    [InlineData("http", "0.0.0.0", true, "in the clear to http://0.0.0.0:8080")]
    [InlineData("https", "0.0.0.0", true, null)]
    [InlineData("http", "127.0.0.1", false, null)]
    [InlineData("http", "127.0.0.9", false, null)]
    [InlineData("http", "::1", false, null)]
    public void Warning_OfAnAddress_NamesItAsItIsBound(string scheme, string address, bool hasKeys, string? expected)
    {
        var warning = ListenUrl.Warning(scheme, new IPEndPoint(IPAddress.Parse(address), 8080), hasKeys);
        Assert.Equal(expected is null, warning is null);
        if (expected is not null)
            Assert.Contains(expected, warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", "http://0.0.0.0:8080/")]
    [InlineData("::", "http://[::]:8080/")]
    public void Address_OfAll_IsNotCalledThatOfThisMachineAlone(string address, string expected) =>
        Assert.Equal(expected, ListenUrl.Address("http", new IPEndPoint(IPAddress.Parse(address), 8080)).AbsoluteUri);

    [Fact]
    public async Task Start_AtThisMachineAlone_WarnsOfNothing()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.Empty(server.Log.ToString());
    }

    [Fact]
    public async Task Tls_WithTheCertificateOfKestrelsConfiguration_IsSpoken()
    {
        var (certificate, key) = (fixture.NewFile("certificate.pem"), fixture.NewFile("key.pem"));
        using (var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            using var signed = new CertificateRequest("CN=localhost", pair,
                HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            await File.WriteAllTextAsync(certificate, signed.ExportCertificatePem());
            await File.WriteAllTextAsync(key, pair.ExportPkcs8PrivateKeyPem());
        }

        try
        {
            Environment.SetEnvironmentVariable(Certificate, certificate);
            Environment.SetEnvironmentVariable(Key, key);
            await using var server = await TestServer.Start(fixture.First,
                o => o with { Urls = [.. o.Urls, "https://127.0.0.1:0", "grpcs://127.0.0.1:0"] });
            using var handler = new SocketsHttpHandler
            {
                SslOptions =
                { RemoteCertificateValidationCallback = (_, c, _, _) => c!.Subject == "CN=localhost" }
            };
            using var client = new HttpClient(handler);
            foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post,
                    new Uri(server.Server.Addresses.Single(a => a.Scheme == "https"), "/v1/score"))
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = new StringContent("""{"rows": [{}]}""", Encoding.UTF8, "application/json"),
                };
                using var response = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }

            var grpc = new UriBuilder(server.Server.Addresses.Single(a => a.Scheme == "grpcs"))
            {
                Scheme = "https",
                Path = "/inference.GRPCInferenceService/ServerLive"
            }.Uri;
            using var call = new HttpRequestMessage(HttpMethod.Post, grpc)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(GrpcCall.Frame([])) { Headers = { ContentType = new("application/grpc") } },
            };
            using var answer = await client.SendAsync(call);
            Assert.Equal([0, 0, 0, 0, 2, 8, 1], await answer.Content.ReadAsByteArrayAsync());

            Environment.SetEnvironmentVariable(Certificate, certificate + ".absent");
            var mistake = await Assert.ThrowsAsync<ConsortException>(() =>
                TestServer.Start(fixture.First, o => o with { Urls = ["https://127.0.0.1:0"] }));
            Assert.Contains("cannot listen", mistake.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Certificate, null);
            Environment.SetEnvironmentVariable(Key, null);
        }
    }
}
