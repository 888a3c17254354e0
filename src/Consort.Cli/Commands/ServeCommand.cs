using System.CommandLine;
using System.Runtime.InteropServices;
using Consort.AspNetCore;
using Consort.AspNetCore.Options;
using Consort.Cli.Telemetry;
using Consort.Cli.Terminals;

namespace Consort.Cli.Commands;

/// <summary>Serves packages over HTTP and gRPC until it is told to stop.</summary>
internal sealed class ServeCommand : ExampleCommand
{
    private readonly List<Action<ParseResult, ServerOptions>> _settings = [];
    private readonly ServedModels _models = new();
    private readonly Option<double> _canary = Shared.Number<double>("--canary-share",
        "Share of requests without a version that the label canary gets.", 0, 0.0, 1.0, help: "SHARE");
    private readonly Option<int?> _port = Shared.NumberOrNone<int>("--port",
        "Listen for HTTP at 127.0.0.1 and this port, and for gRPC at the next.", 0, 65_534, help: "PORT");
    private readonly Option<string[]> _urls =
        new("--urls")
        {
            Description = "Listen at these instead: http://HOST:PORT and grpc://HOST:PORT, with TLS https:// and grpcs://; HOST may be *.",
            HelpName = "URL",
            AllowMultipleArgumentsPerToken = true
        };
    private readonly Option<string?> _otlp = Shared.Text("--otlp", "URL",
        "Send metrics, traces and the log to this collector of OpenTelemetry; without it, to that of OTEL_EXPORTER_OTLP_ENDPOINT.");

    public ServeCommand(Terminal terminal) : base(
        "serve", "Serve packages over HTTP and gRPC.", terminal,
        "serve model.consort",
        "serve models/ads --label stable=3 --label canary=4 --canary-share 0.05 --watch 10",
        "serve model.consort --urls http://*:8080 grpc://*:8081 --api-key-file keys.txt")
    {
        Take(_models.Symbols);
        Set(_canary, (o, v) => o.CanaryShare = v);
        Set(Shared.Text("--canary-field", "FIELD",
            "Choose between stable and canary by the value of this field, so that whoever has the same value gets the same version."), (o, v) => o.CanaryField = v);
        Set(Shared.Number<double>("--shadow-share",
            "Share of requests without a version that the label shadow, where there is one, scores too; its answers are compared, not sent.", 1, 0.0, 1.0,
            help: "SHARE"), (o, v) => o.ShadowShare = v);
        Set(Whole("--drift-rows", "Rows of a window of traffic that is compared with the training rows; 0 compares none.", 10_000, 0, 100_000_000),
            (o, v) => o.DriftRows = v);
        Set(Whole("--feedback-ids", "Answers that are kept in memory until POST /v1/feedback brings their label, at most.", 0, 0, 100_000_000),
            (o, v) => o.FeedbackIds = v);
        Take(_port, _urls);
        Set(Shared.Text("--api-key-file", "FILE", "Keys that may score, one a line, at least 16 characters each."), (o, v) => o.ApiKeyFile = v);
        Set(Shared.Text("--admin-key-file", "FILE", "Keys that may also reload packages and move labels."), (o, v) => o.AdminKeyFile = v);
        Set(Seconds("--watch", "Look for new packages every so many seconds; 0 does not.", 0, 0, 86_400),
            (o, v) => o.Watch = TimeSpan.FromSeconds(v));
        Set(Whole("--max-body", "Bytes of a request's body at most.", 2 << 20, 1 << 10, 1 << 30), (o, v) => o.MaxBodyBytes = v);
        Set(Whole("--max-rows", "Impressions of a request at most.", 4096, 1, 1_000_000), (o, v) => o.MaxRows = v);
        Set(Whole("--max-value", "Bytes of a value at most.", 1024, 1, 1 << 20), (o, v) => o.MaxValueBytes = v);
        Set(Whole("--max-depth", "Depth of JSON at most.", 16, 4, 64), (o, v) => o.MaxDepth = v);
        Set(Whole("--max-in-flight", "Requests that are scored at a time at most; those beyond are answered 503.", 128, 1, 100_000),
            (o, v) => o.MaxInFlight = v);
        Set(Whole("--max-per-client", "Requests of one client that are scored at a time at most; those beyond are answered 429.", 64, 1, 100_000),
            (o, v) => o.MaxPerClient = v);
        Set(Shared.Number<long>("--max-buffered", "Bytes that the bodies of requests under way hold together at most.", 256L << 20, 1L << 20, 1L << 40),
            (o, v) => o.MaxBufferedBytes = v);
        Set(Whole("--max-connections", "Connections at a time at most; a further one closes the longest idle.", 1024, 1, 1_000_000),
            (o, v) => o.MaxConnections = v);
        Set(Whole("--max-connections-per-client", "Connections of one address at a time at most; a further one closes its longest idle.", 512, 1, 1_000_000),
            (o, v) => o.MaxConnectionsPerClient = v);
        Set(Whole("--min-rate", "Bytes a second that a client must send of a body and take of an answer; 0 for any.", 240, 0, 1 << 30),
            (o, v) => o.MinBytesPerSecond = v);
        Set(Shared.Flag("--map", "Map packages instead of reading them; their files must then never be written to, only replaced by moving others over them."),
            (o, v) => o.MapPackages = v);
        Set(Seconds("--timeout", "Seconds for a request.", 10, 0.01, 3600), (o, v) => o.Timeout = TimeSpan.FromSeconds(v));
        Set(Seconds("--drain", "Seconds for which a server that was told to stop says that it is not ready, but still answers.", 0, 0, 3600),
            (o, v) => o.Drain = TimeSpan.FromSeconds(v));
        Set(Seconds("--shutdown-timeout", "Seconds for requests under way after that.", 30, 0, 3600),
            (o, v) => o.ShutdownTimeout = TimeSpan.FromSeconds(v));
        Take(_otlp);
        Set(Whole("--examples", "Tokens of each vocabulary that the page offers; they are training data.", 0, 0, 1000), (o, v) => o.Examples = v);
    }

    protected override int Run(ParseResult arguments)
    {
        var options = Read(arguments);
        Terminal.StopWithin(options.Drain + options.ShutdownTimeout + TimeSpan.FromSeconds(10));
        Serve(options, Otlp.CollectorOf(arguments.GetValue(_otlp))).GetAwaiter().GetResult();
        return CommandLine.Success;
    }

    private async Task Serve(ServerOptions options, Uri? collector)
    {
        using var troubles = collector is null ? null : new OtlpTroubles(Terminal.Error);
        InferenceServer? started = null;
        var waiting = 0;
        // What other servers take as the sign to look again; Windows has none. From the first moment on, for by itself it ends the process.
        using var reload = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            // Signals that come while one waits are the same wish.
            if (Volatile.Read(ref started) is { } running && Interlocked.Exchange(ref waiting, 1) == 0)
                Task.Run(() =>
                {
                    Volatile.Write(ref waiting, 0);
                    running.Reload();
                });
        });
        await using var server = await InferenceServer.StartAsync(options, Terminal.Error, app => Otlp.Send(app, collector));
        Volatile.Write(ref started, server);
        foreach (var model in options.Models)
            Terminal.Output.WriteLine($"model {model.Name}: {model.Path}");
        foreach (var address in server.Addresses)
            Terminal.Output.WriteLine($"listening at {address.ToString().TrimEnd('/')}");
        Terminal.Output.Flush();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (Terminal.Cancellation.Register(() => stopped.TrySetResult()))
            await stopped.Task;
        Terminal.Error.WriteLine("stopping");
        await server.StopAsync();
    }

    private ServerOptions Read(ParseResult arguments)
    {
        var options = new ServerOptions { Models = _models.Read(arguments) };
        foreach (var set in _settings)
            set(arguments, options);
        CheckCanary(arguments, options);
        var (port, urls) = (arguments.GetValue(_port), arguments.GetValue(_urls) ?? []);
        if (port is not null && urls.Length > 0)
            throw new ConsortException("serve: found --port and --urls, expected one of them");
        if (urls.Length > 0)
            options.Urls = [.. urls.SelectMany(u => u.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        else if (port is { } p)
            options.Urls = [FormattableString.Invariant($"http://127.0.0.1:{p}"),
                FormattableString.Invariant($"grpc://127.0.0.1:{(p == 0 ? 0 : p + 1)}")];
        return options;
    }

    // What would have no effect is a mistake.
    private void CheckCanary(ParseResult arguments, ServerOptions options)
    {
        if (options.CanaryField is { } field && arguments.GetResult(_canary) is not { Implicit: false })
            throw new ConsortException($"--canary-field {field}: found no --canary-share, expected the share of requests that the canary is to get");
        if (options.CanaryShare > 0 && options.AdminKeyFile is null && !options.Models.Any(m => m.Labels.ContainsKey("canary")))
            throw new ConsortException(FormattableString.Invariant(
                $"--canary-share {options.CanaryShare}: found no version of label canary, expected --label canary=VERSION, or --admin-key-file to move the label later"));
    }

    private void Set<T>(Option<T> option, Action<ServerOptions, T> set)
    {
        Take(option);
        _settings.Add((arguments, options) => set(options, arguments.GetValue(option)!));
    }

    private static Option<int> Whole(string name, string description, int fallback, int min, int max) =>
        Shared.Number(name, description, fallback, min, max);

    private static Option<double> Seconds(string name, string description, double fallback, double min, double max) =>
        Shared.Number(name, description, fallback, min, max, help: "SECONDS");
}
