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
    private readonly Argument<string?> _package =
        new("PACKAGE")
        {
            Description = "A package, or a folder of packages VERSION.consort; the model is called as the file or folder is.",
            Arity = ArgumentArity.ZeroOrOne
        };
    private readonly Option<string[]> _model =
        new("--model") { Description = "A further model: its name, and its package or folder.", HelpName = "NAME=PATH" };

    private readonly Option<string[]> _label = new("--label")
    {
        Description = "Let a label stand for a version; requests without a version go to stable, if there is one. For a model other than the first: MODEL:LABEL=VERSION.",
        HelpName = "LABEL=VERSION",
    };

    private readonly Option<double> _canary = Shared.Number<double>("--canary-share",
        "Share of requests without a version that the label canary gets.", 0, 0.0, 1.0, help: "SHARE");
    private readonly Option<string?> _canaryField = Shared.Text("--canary-field", "FIELD",
        "Choose between stable and canary by the value of this field, so that whoever has the same value gets the same version.");
    private readonly Option<double> _shadow = Shared.Number<double>("--shadow-share",
        "Share of requests without a version that the label shadow, where there is one, scores too; its answers are compared, not sent.", 1, 0.0, 1.0,
        help: "SHARE");
    private readonly Option<int> _drift = Whole("--drift-rows",
        "Rows of a window of traffic that is compared with the training rows; 0 compares none.", 10_000, 0, 100_000_000);
    private readonly Option<int> _feedback = Whole("--feedback-ids",
        "Answers that are kept in memory until POST /v1/feedback brings their label, at most.", 0, 0, 100_000_000);
    private readonly Option<int?> _port = Shared.NumberOrNone<int>("--port",
        "Listen for HTTP at 127.0.0.1 and this port, and for gRPC at the next.", 0, 65_534, help: "PORT");
    private readonly Option<string[]> _urls =
        new("--urls")
        {
            Description = "Listen at these instead: http://HOST:PORT and grpc://HOST:PORT, with TLS https:// and grpcs://; HOST may be *.",
            HelpName = "URL",
            AllowMultipleArgumentsPerToken = true
        };
    private readonly Option<string?> _keys =
        Shared.Text("--api-key-file", "FILE", "Keys that may score, one a line, at least 16 characters each.");
    private readonly Option<string?> _admins =
        Shared.Text("--admin-key-file", "FILE", "Keys that may also reload packages and move labels.");
    private readonly Option<double> _watch = Seconds("--watch", "Look for new packages every so many seconds; 0 does not.", 0, 0, 86_400);
    private readonly Option<int> _body = Whole("--max-body", "Bytes of a request's body at most.", 2 << 20, 1 << 10, 1 << 30);
    private readonly Option<int> _rows = Whole("--max-rows", "Impressions of a request at most.", 4096, 1, 1_000_000);
    private readonly Option<int> _value = Whole("--max-value", "Bytes of a value at most.", 1024, 1, 1 << 20);
    private readonly Option<int> _depth = Whole("--max-depth", "Depth of JSON at most.", 16, 4, 64);
    private readonly Option<int> _inFlight =
        Whole("--max-in-flight", "Requests that are scored at a time at most; those beyond are answered 503.", 128, 1, 100_000);
    private readonly Option<int> _perClient = Whole("--max-per-client",
        "Requests of one client that are scored at a time at most; those beyond are answered 429.", 64, 1, 100_000);
    private readonly Option<long> _buffered = Shared.Number<long>("--max-buffered",
        "Bytes that the bodies of requests under way hold together at most.", 256L << 20, 1L << 20, 1L << 40);
    private readonly Option<int> _connections =
        Whole("--max-connections", "Connections at a time at most; a further one closes the longest idle.", 1024, 1, 1_000_000);
    private readonly Option<int> _clientConnections = Whole("--max-connections-per-client",
        "Connections of one address at a time at most; a further one closes its longest idle.", 512, 1, 1_000_000);
    private readonly Option<int> _rate =
        Whole("--min-rate", "Bytes a second that a client must send of a body and take of an answer; 0 for any.", 240, 0, 1 << 30);
    private readonly Option<bool> _map =
        Shared.Flag("--map", "Map packages instead of reading them; their files must then never be written to, only replaced by moving others over them.");
    private readonly Option<double> _timeout = Seconds("--timeout", "Seconds for a request.", 10, 0.01, 3600);
    private readonly Option<double> _drain =
        Seconds("--drain", "Seconds for which a server that was told to stop says that it is not ready, but still answers.", 0, 0, 3600);
    private readonly Option<double> _shutdown = Seconds("--shutdown-timeout", "Seconds for requests under way after that.", 30, 0, 3600);
    private readonly Option<string?> _otlp = Shared.Text("--otlp", "URL",
        "Send metrics, traces and the log to this collector of OpenTelemetry; without it, to that of OTEL_EXPORTER_OTLP_ENDPOINT.");
    private readonly Option<int> _examples =
        Whole("--examples", "Tokens of each vocabulary that the page offers; they are training data.", 0, 0, 1000);

    public ServeCommand(Terminal terminal) : base(
        "serve", "Serve packages over HTTP and gRPC.", terminal,
        "serve model.consort",
        "serve models/ads --label stable=3 --label canary=4 --canary-share 0.05 --watch 10",
        "serve model.consort --urls http://*:8080 grpc://*:8081 --api-key-file keys.txt")
    {
        Take(_package, _model, _label, _canary, _canaryField, _shadow, _drift, _feedback, _port, _urls, _keys, _admins,
            _watch, _body, _rows, _value, _depth, _inFlight, _perClient,
            _buffered, _connections, _clientConnections, _rate, _map, _timeout, _drain, _shutdown, _otlp, _examples);
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
        await using var server = await InferenceServer.StartAsync(options, Terminal.Error, app =>
        {
            if (collector is not null)
                Otlp.Send(app, collector);
        });
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
        var models = new List<ModelSource>();
        if (arguments.GetValue(_package) is { } package)
            models.Add(new ModelSource(NameOf(package), package));
        foreach (var text in arguments.GetValue(_model) ?? [])
        {
            var (name, path) = Pair("--model", text, "NAME=PATH");
            models.Add(new ModelSource(name, path));
        }

        if (models.Count == 0)
            throw new ConsortException("serve: found no package, expected PACKAGE or --model NAME=PATH");
        foreach (var text in arguments.GetValue(_label) ?? [])
        {
            var (label, version) = Pair("--label", text, "LABEL=VERSION");
            var colon = label.IndexOf(':', StringComparison.Ordinal);
            var at = colon < 0 ? 0 : models.FindIndex(m => m.Name == label[..colon]);
            if (at < 0)
                throw new ConsortException($"--label {text}: found no model {label[..colon]}, expected one of {string.Join(", ", models.Select(m => m.Name))}");
            var labels = new Dictionary<string, string>(models[at].Labels);
            if (!labels.TryAdd(label[(colon + 1)..], version))
                throw new ConsortException($"--label {text}: found a label that stands for version {labels[label[(colon + 1)..]]} already, expected each label of a model once");
            models[at] = models[at] with { Labels = labels };
        }

        CheckCanary(arguments, models);
        var (port, urls) = (arguments.GetValue(_port), arguments.GetValue(_urls) ?? []);
        if (port is not null && urls.Length > 0)
            throw new ConsortException("serve: found --port and --urls, expected one of them");
        var options = new ServerOptions
        {
            Models = models,
            ApiKeyFile = arguments.GetValue(_keys),
            AdminKeyFile = arguments.GetValue(_admins),
            MaxBodyBytes = arguments.GetValue(_body),
            MaxRows = arguments.GetValue(_rows),
            MaxValueBytes = arguments.GetValue(_value),
            MaxDepth = arguments.GetValue(_depth),
            MaxInFlight = arguments.GetValue(_inFlight),
            MaxPerClient = arguments.GetValue(_perClient),
            MaxBufferedBytes = arguments.GetValue(_buffered),
            MaxConnections = arguments.GetValue(_connections),
            MaxConnectionsPerClient = arguments.GetValue(_clientConnections),
            MinBytesPerSecond = arguments.GetValue(_rate),
            MapPackages = arguments.GetValue(_map),
            Timeout = TimeSpan.FromSeconds(arguments.GetValue(_timeout)),
            Drain = TimeSpan.FromSeconds(arguments.GetValue(_drain)),
            ShutdownTimeout = TimeSpan.FromSeconds(arguments.GetValue(_shutdown)),
            Watch = TimeSpan.FromSeconds(arguments.GetValue(_watch)),
            CanaryShare = arguments.GetValue(_canary),
            CanaryField = arguments.GetValue(_canaryField),
            ShadowShare = arguments.GetValue(_shadow),
            DriftRows = arguments.GetValue(_drift),
            FeedbackIds = arguments.GetValue(_feedback),
            Examples = arguments.GetValue(_examples),
        };
        if (urls.Length > 0)
            return options with
            {
                Urls = [
                .. urls.SelectMany(u => u.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
            };
        return port is { } p
            ? options with
            {
                Urls = [FormattableString.Invariant($"http://127.0.0.1:{p}"),
                FormattableString.Invariant($"grpc://127.0.0.1:{(p == 0 ? 0 : p + 1)}")]
            }
            : options;
    }

    // What would have no effect is a mistake.
    private void CheckCanary(ParseResult arguments, List<ModelSource> models)
    {
        if (arguments.GetValue(_canaryField) is { } field && arguments.GetResult(_canary) is not { Implicit: false })
            throw new ConsortException($"--canary-field {field}: found no --canary-share, expected the share of requests that the canary is to get");
        if (arguments.GetValue(_canary) is > 0 and var share && arguments.GetValue(_admins) is null
            && !models.Any(m => m.Labels.ContainsKey("canary")))
            throw new ConsortException(FormattableString.Invariant(
                $"--canary-share {share}: found no version of label canary, expected --label canary=VERSION, or --admin-key-file to move the label later"));
    }

    private static string NameOf(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new ConsortException("serve: found an empty PACKAGE, expected a package, or a folder of packages VERSION.consort");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return name.EndsWith(ModelSource.Extension, StringComparison.Ordinal) ? name[..^ModelSource.Extension.Length] : name;
    }

    private static (string Name, string Value) Pair(string option, string text, string expected)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1
            ? (text[..equals], text[(equals + 1)..])
            : throw new ConsortException($"{option}: found \"{text}\", expected {expected}");
    }

    private static Option<int> Whole(string name, string description, int fallback, int min, int max) =>
        Shared.Number(name, description, fallback, min, max);

    private static Option<double> Seconds(string name, string description, double fallback, double min, double max) =>
        Shared.Number(name, description, fallback, min, max, help: "SECONDS");
}
