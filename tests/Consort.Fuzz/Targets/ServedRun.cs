using Consort.AspNetCore;
using Consort.AspNetCore.Options;

namespace Consort.Fuzz.Targets;

/// <summary>A server of a package on free ports of this machine.</summary>
internal sealed class ServedRun : IDisposable
{
    public const string AdminKey = "admin-key-of-the-fuzz";
    private readonly StringWriter _log = new();
    private InferenceServer? _server;

    public Uri Http => _server!.Addresses.First(a => a.Scheme == "http");

    public Uri Grpc => new UriBuilder(_server!.Addresses.First(a => a.Scheme == "grpc")) { Scheme = "http" }.Uri;

    public void Start(string folder)
    {
        var run = new TinyRun(folder);
        File.WriteAllText(run.At("admins"), AdminKey + "\n");
        var options = new ServerOptions
        {
            Models = [new ModelSource("clicks", run.Package())],
            Urls = ["http://127.0.0.1:0", "grpc://127.0.0.1:0"],
            AdminKeyFile = run.At("admins"),
            Examples = 5,
        };
        _server = Wait(InferenceServer.StartAsync(options, _log));
    }

    /// <summary>Whether the server wrote of a failure, for an answer of 500 says nothing of why.</summary>
    public string LastLog() => _log.ToString() is { Length: > 0 } text ? text[^Math.Min(text.Length, 3000)..] : "";

    // There is no synchronisation context here, so waiting blocks nobody else.
    public static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    public void Dispose()
    {
        _server?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _log.Dispose();
    }
}
