using System.Diagnostics;
using System.Globalization;
using System.Text;
using Consort.AspNetCore;
using Consort.AspNetCore.Options;
using Consort.Serving.Packages;

namespace Consort.Benchmarks.Hostile;

/// <summary>
/// A good client beside each of several attacks, for a bounded time each. The server, which is a fresh one for each attack, and the
/// attacker have processes of their own; all speak over 127.0.0.1 alone.
/// </summary>
internal static class HostileBench
{
    private const string Key = "admin-key-of-the-benchmark";
    private const int Held = 20_000; // connections that a server takes which is told to let all idle ones in
    private static readonly string[] Names = ["none", .. HostileAttacks.All.Keys];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("hostile", args, "seconds", "rate", "only", "model", "vocab", "out", "serve", "attack", "http",
            "grpc", "file", "connections");
        var seconds = arguments.Integer("seconds", 10, 1, 600);
        if (arguments.Text("serve") is { } package) return Host(package, arguments.Integer("connections", 1024, 1, 1_000_000));
        if (arguments.Text("attack") is { } attack)
        {
            var target = new AttackTarget(Loopback(arguments, "http"), Loopback(arguments, "grpc"), arguments.Text("file")!, Key,
                TimeSpan.FromSeconds(seconds));
            Console.WriteLine(HostileAttacks.All[attack](target));
            return 0;
        }
        var rate = arguments.Integer("rate", 100, 1, 100_000);
        var only = arguments.List("only", Names);
        if (only.FirstOrDefault(n => !Names.Contains(n)) is not null) throw arguments.Mistake("only", string.Join(", ", Names));
        var model = arguments.Text("model") ?? "DeepFM";
        var vocabulary = arguments.Integer("vocab", 100_000, ZipfSplit.LeastVocabulary, 100_000_000);
        using var packed = new ScoreModel(model, vocabulary, PackageWeights.Fp32);
        var requests = ServeSpeed.Requests(packed, rows: 1);
        var text = new StringBuilder();
        Say(string.Create(CultureInfo.InvariantCulture, $"{Machine.Describe()}; load average {Load()} at the start"));
        Say(string.Create(CultureInfo.InvariantCulture,
            $"`./consort bench hostile {string.Join(' ', args)}`: {model} of {new FileInfo(packed.Path).Length / 1048576.0:F0} MB, {rate} requests a second over {GoodClient.Connections} connections, every tenth on a new one, {seconds} s each"));
        Say("");
        Say("| attack | what it did | good requests served | failed | p50 ms | p99 ms | server's memory MB: before | most | after | answers afterwards |");
        Say("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var name in only) Say(Beside(name, packed.Path, requests, rate, seconds));
        if (arguments.Text("out") is { } path) File.WriteAllText(path, text.ToString());
        return 0;

        void Say(string line)
        {
            Console.WriteLine(line);
            text.AppendLine(line);
        }
    }

    private static string Beside(string attack, string package, byte[][] requests, int rate, int seconds)
    {
        using var folder = new TempFolder();
        string served = folder.At("bench.consort"), source = folder.At("source.consort");
        File.Copy(package, served);
        File.Copy(package, source);
        // The attack on connections is made once on a server with its defaults, and once on one that holds them all.
        using var server = Start("--serve", served, "--connections",
            (attack == "idle-held" ? Held : 1024).ToString(CultureInfo.InvariantCulture));
        try
        {
            string? http = server.StandardOutput.ReadLine(), grpc = server.StandardOutput.ReadLine();
            var client = new GoodClient(new Uri(http ?? throw new ConsortException("hostile: the server did not start")), requests);
            client.Run(2, rate); // its code is compiled
            long before = Resident(server), most = before;
            using var attacker = attack == "none"
                ? null : Start("--attack", attack, "--http", http, "--grpc", grpc!, "--file", served, "--seconds",
                    seconds.ToString(CultureInfo.InvariantCulture));
            using var done = new CancellationTokenSource();
            var watching = Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    most = Math.Max(most, Resident(server));
                    await Task.Delay(50);
                }
            });
            var good = client.Run(seconds, rate);
            var did = attacker is null ? "nothing" : attacker.StandardOutput.ReadToEnd().Trim();
            if (attacker is not null && !attacker.WaitForExit(60_000)) attacker.Kill();
            done.Cancel();
            watching.Wait();
            // Thousands of connections that end at once keep a busy machine occupied for a moment.
            var answers = Enumerable.Range(0, 10).Any(_ => client.Run(1, rate) is { Requests: > 0, Failed: 0 });
            return string.Create(CultureInfo.InvariantCulture,
                $"| {attack} | {did} | {good.Requests} | {good.Failed} | {good.P50 / 1000:F1} | {good.P99 / 1000:F1} | {Mega(before)} | {Mega(most)} | {Mega(Resident(server))} | {(answers ? "yes" : "NO")} |");
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(30_000)) server.Kill();
        }
    }

    // The server's process: it ends when its input does, so that it never outlives the benchmark.
    private static int Host(string package, int connections)
    {
        var keys = package + ".keys";
        File.WriteAllText(keys, Key);
        var options = new ServerOptions
        {
            Models = [new ModelSource("bench", package)],
            Urls = ["http://127.0.0.1:0", "grpc://127.0.0.1:0"],
            AdminKeyFile = keys,
            Watch = TimeSpan.FromSeconds(0.5),
            MaxConnections = connections,
            MaxConnectionsPerClient = Math.Max(512, connections - 512),
        };
        var server = InferenceServer.StartAsync(options, TextWriter.Null).GetAwaiter().GetResult();
        foreach (var address in server.Addresses) Console.WriteLine(address);
        Console.In.ReadToEnd();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return 0;
    }

    private static Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(HostileBench).Assembly.Location);
        start.ArgumentList.Add("hostile");
        foreach (var word in words) start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }

    // Attacks are for this machine alone.
    private static Uri Loopback(Arguments arguments, string name) =>
        Uri.TryCreate(arguments.Text(name), UriKind.Absolute, out var address) && address.IsLoopback
        ? address : throw arguments.Mistake(name, "an address of this machine, http://127.0.0.1:PORT");

    private static long Resident(Process process)
    {
        process.Refresh();
        return process.HasExited ? 0 : process.WorkingSet64;
    }

    private static string Mega(long bytes) => (bytes / 1048576.0).ToString("F0", CultureInfo.InvariantCulture);

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
