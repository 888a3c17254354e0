using System.Globalization;
using Consort.Data.Batches;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ScoreWorker;

/// <summary>
/// Scores each file that is put into a folder, in any format that the model's schema reads, and puts the probabilities into another. A file
/// is moved when its answer is whole, so that a worker which was stopped goes on where it was.
/// </summary>
/// <param name="package">A file that <c>consort pack</c> has written.</param>
/// <param name="inbox">Where files are put, by moving them there.</param>
/// <param name="outbox">Where answers go: <c>NAME.txt</c>, a probability a line.</param>
/// <param name="log">What is told.</param>
public sealed partial class FolderWorker(string package, string inbox, string outbox, ILogger<FolderWorker> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var predictor = new PackagePredictor(package);
        var done = Directory.CreateDirectory(Path.Combine(outbox, "done")).FullName;
        using var timer = new PeriodicTimer(Pause);
        do
        {
            foreach (var file in Directory.EnumerateFiles(inbox).Order(StringComparer.Ordinal).ToList())
            {
                var (name, answer) = (Path.GetFileName(file), Path.Combine(outbox, Path.GetFileName(file) + ".txt"));
                try
                {
                    var rows = Score(predictor, file, answer + ".part", stoppingToken);
                    Scored(name, rows);
                    File.Move(answer + ".part", answer, overwrite: true);
                }
                catch (ConsortException mistake) // of the rows: it says where, what was found and what was expected
                {
                    Refused(name, mistake.Message);
                    File.Delete(answer + ".part");
                    await File.WriteAllTextAsync(Path.Combine(outbox, name + ".error"), mistake.Message, stoppingToken);
                }

                File.Move(file, Path.Combine(done, name), overwrite: true);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static int Score(PackagePredictor predictor, string file, string answer, CancellationToken cancellation)
    {
        using var writer = new StreamWriter(answer);
        var count = 0;
        predictor.Predict([file], (rows, probabilities, _) =>
        {
            for (var row = 0; row < rows; row++)
                writer.WriteLine(probabilities[row].ToString("F6", CultureInfo.InvariantCulture));
            count += rows;
        }, new RawRows(UnknownColumns.PassOver, null), progress: null, cancellation);
        return count;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: {Rows} rows scored")]
    private partial void Scored(string name, int rows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: {Mistake}")]
    private partial void Refused(string name, string mistake);
}
