using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Data.Datasets;
using Consort.Data.DuckDb;
using Consort.Data.Parquet;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Benchmarks.Sources;

/// <summary>
/// The same rows from every kind of source, each encoded in a process of its own: rows per second from a fresh process, in which the runtime
/// still compiles, and once more in the same one, where it has; the most memory of the first, and the hash of what was encoded, which
/// must be one.
/// </summary>
internal static class SourcesBench
{
    private const string Child = "child";

    public static int Run(string[] args)
    {
        var arguments = new Arguments("sources", args, "rows", "fields", "threads", "only", "out", "json", Child);
        var threads = arguments.Integer("threads", Environment.ProcessorCount, 1, 1024);
        if (arguments.Text(Child) is { } asked) return Encode(asked, threads);
        var rows = arguments.Integer("rows", 1_000_000, 1000, 100_000_000);
        var fields = arguments.Integer("fields", 39, 2, 39);
        if (fields != 39 && (fields > 26 || fields % 2 == 1)) throw arguments.Mistake("fields", "an even number from 2 to 26, or 39");
        var forms = arguments.List("only", SourceForms.All);
        if (forms.FirstOrDefault(f => !SourceForms.All.Contains(f)) is not null) throw arguments.Mistake("only", string.Join(", ", SourceForms.All));
        using var folder = new TempFolder();
        var written = new SourceForms(folder, rows, fields);
        written.WriteText(threads);
        var text = new StringBuilder();
        void Say(string line)
        {
            Console.WriteLine(line);
            text.Append(line).Append('\n');
        }
        Say($"{Machine.Describe()}\n");
        Say(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows of {fields + 2} columns, {threads} threads; each source in a process of its own, which encodes it twice: fresh, and again when the runtime has compiled what it needs.\n"));
        Say("| source | MB on disk | seconds | rows/s | seconds again | rows/s again | peak memory MB | SHA-256 of what was encoded |");
        Say("|---|---|---|---|---|---|---|---|");
        var results = new JsonArray();
        foreach (var form in forms)
        {
            var place = written.Write(form);
            var result = Measure(folder, written.SchemaFile, place, threads);
            var megabytes = BytesOf(folder, form) / 1e6;
            var (seconds, again, hash) = (result["seconds"]!.GetValue<double>(), result["seconds_again"]!.GetValue<double>(), result["sha256"]!.GetValue<string>());
            Say(string.Create(CultureInfo.InvariantCulture,
                $"| {form} | {megabytes:F1} | {seconds:F2} | {rows / seconds:N0} | {again:F2} | {rows / again:N0} | {result["peak_memory_mb"]!.GetValue<double>():F0} | {hash[..16]}… |"));
            result["source"] = form;
            result["rows_per_second"] = Machine.Rounded(rows / seconds, 1);
            result["rows_per_second_again"] = Machine.Rounded(rows / again, 1);
            results.Add(result);
        }
        var isSame = results.Select(r => r!["sha256"]!.GetValue<string>()).Distinct().Count() == 1;
        Say($"\n{(isSame ? "All encoded to the same bytes." : "NOT the same bytes.")}");
        Machine.Write(arguments.Text("json"), new JsonObject { ["rows"] = rows, ["fields"] = fields, ["threads"] = threads, ["same"] = isSame, ["sources"] = results });
        if (arguments.Text("out") is { } path) SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
        return isSame ? 0 : 1;
    }

    // What is measured, in a process that has done nothing else: the words are the schema, the place and where to.
    private static int Encode(string asked, int threads)
    {
        if (JsonSerializer.Deserialize<string[]>(asked) is not [var schema, var place, var target])
            throw new ConsortException($"sources, --{Child}: found \"{asked}\", expected schema, place and folder");
        var sources = SourceCatalogue.BuiltIn.With(ParquetRows.Kind).With(DuckDbRows.Kind);
        double Seconds()
        {
            var clock = Stopwatch.StartNew();
            DatasetEncoder.Encode(new EncodeRequest(Schema.Load(schema), SplitPlan.Given(sources.Places(place)), target, threads) { Sources = sources });
            return clock.Elapsed.TotalSeconds;
        }
        var result = new JsonObject
        {
            ["seconds"] = Machine.Rounded(Seconds(), 3),
            ["processor_seconds"] = Machine.Rounded(Environment.CpuUsage.TotalTime.TotalSeconds, 3),
            ["peak_memory_mb"] = Machine.Rounded(Machine.PeakMegabytes, 1),
        };
        Directory.Delete(target, recursive: true);
        var cpu = Environment.CpuUsage.TotalTime;
        result["seconds_again"] = Machine.Rounded(Seconds(), 3);
        result["processor_seconds_again"] = Machine.Rounded((Environment.CpuUsage.TotalTime - cpu).TotalSeconds, 3);
        result["sha256"] = EncodedDataset.ContentHashOf(target);
        Console.WriteLine(result.ToJsonString());
        return 0;
    }

    private static JsonObject Measure(TempFolder folder, string schema, string place, int threads)
    {
        var target = folder.At("encoded");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(SourcesBench).Assembly.Location);
        string[] words = ["sources", "--" + Child, JsonSerializer.Serialize(new[] { schema, place, target }), "--threads", threads.ToString(CultureInfo.InvariantCulture)];
        foreach (var word in words) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new ConsortException($"sources: {place} could not be encoded");
        Directory.Delete(target, recursive: true);
        return (JsonObject)JsonNode.Parse(output)!;
    }

    private static long BytesOf(TempFolder folder, string form) => form switch
    {
        "partitioned" or "sql" => Directory.EnumerateFiles(folder.At("days"), "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length),
        _ => new FileInfo(folder.At("clicks." + form)).Length,
    };
}
