using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Consort.Synthetic.Histories;

/// <summary>
/// Clicks with histories whose true probability is known, and beside it the best that a model can say that does not see the order of a
/// history.
/// </summary>
/// <remarks>
/// <para>A row: click, user, item, category, history, category_history, separated by tabs below a header; histories by |, oldest first. A
/// user has two pairs of interests, a category and the one that leads to it; items of the history are drawn from them, each by itself. Half
/// of the targets are of a category of the history.</para>
/// <para>p = (1 − noise) · sigmoid(b + σ (√s_1 A + √s_2 C + √s_3 R + √s_4 S)) + noise · click_rate, each part of variance 1: A is the
/// item's own; C = log(1 + m) of the m items that are of the target's category; R = exp(−gap / τ) of the last of them, gap in positions or,
/// where rows have times, in hours; S = 1 where the
/// very last item leads to the target. Of R and S their mean over all orders of the history is taken off. So all orders being as likely as
/// each other, a model to which a history is a set, as one that pools or DIN, can learn nothing of R and S, and its best is the mean of p
/// over all orders, which is known exactly.</para>
/// </remarks>
public static class HistoryClicks
{
    /// <summary>What is appended to the path of the text for the mean of the truth over all orders.</summary>
    public const string BlindSuffix = ".blind";

    /// <summary>What is appended to the path of the text for its schema.</summary>
    public const string SchemaSuffix = ".schema.yaml";

    /// <summary>Writes the rows, <c>.truth</c> and <c>.blind</c> (little-endian float32, one a row), and <c>.schema.yaml</c>.</summary>
    /// <param name="path">The text file.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="longest">L, the longest history, at least 1.</param>
    /// <param name="options">What the clicks look like.</param>
    /// <param name="progress">Told the rows written so far, or null.</param>
    /// <param name="cancellation">Stops early; then nothing is left behind.</param>
    /// <exception cref="ConsortException">The files can't be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SyntheticSummary Write(string path, long rows, int longest, SyntheticHistoryOptions options,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        return SyntheticFiles.Write(Path.GetFullPath(path), [SyntheticClicks.TruthSuffix, BlindSuffix, SchemaSuffix], (text, beside) =>
        {
            beside[2].Write(Encoding.UTF8.GetBytes(Schema(longest) + (options.HasTimes ? TimeFields : "")));
            var world = new HistoryWorld(options, longest);
            return WriteRows(text, beside[0], beside[1], rows, world, options, progress, cancellation);
        });
    }

    private static string Schema(int longest) => string.Create(CultureInfo.InvariantCulture, $$"""
        format: delimited
        delimiter: tab
        header: true
        fields:
          - {name: click, kind: label}
          - {name: user, kind: group}
          - {name: item, kind: categorical}
          - {name: category, kind: categorical}
          - {name: history, kind: sequence, splitter: "|", max_len: {{longest}}, share: item}
          - {name: category_history, kind: sequence, splitter: "|", max_len: {{longest}}, share: category}

        """);

    private const string TimeFields = """
          - {name: time, kind: time, format: unix_s}
          - {name: history_times, kind: sequence, splitter: "|", ages_of: history, until: time, format: unix_s}

        """;

    private static SyntheticSummary WriteRows(Stream text, Stream truth, Stream blind, long rows, HistoryWorld world,
        SyntheticHistoryOptions options, IProgress<long>? progress, CancellationToken cancellation)
    {
        const int Flushed = 4096;
        var (row, lines) = (world.NewRow(),
            new StringBuilder($"click\tuser\titem\tcategory\thistory\tcategory_history{(options.HasTimes ? "\ttime\thistory_times" : "")}\n"));
        var (truths, blinds) = (new byte[Flushed * sizeof(float)], new byte[Flushed * sizeof(float)]);
        long clicks = 0, bytes = 0;
        var sum = 0.0;
        for (long first = 0; first < rows; first += Flushed)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(Flushed, rows - first);
            for (var i = 0; i < count; i++)
            {
                world.Generate(options.FirstRow + first + i, row);
                (clicks, sum) = (clicks + (row.Click ? 1 : 0), sum + row.Truth);
                BinaryPrimitives.WriteSingleLittleEndian(truths.AsSpan(i * sizeof(float)), row.Truth);
                BinaryPrimitives.WriteSingleLittleEndian(blinds.AsSpan(i * sizeof(float)), row.Blind);
                Append(lines, row, world);
            }

            var written = Encoding.UTF8.GetBytes(lines.ToString());
            text.Write(written);
            truth.Write(truths.AsSpan(0, count * sizeof(float)));
            blind.Write(blinds.AsSpan(0, count * sizeof(float)));
            bytes += written.Length;
            lines.Clear();
            progress?.Report(first + count);
        }

        return new SyntheticSummary(rows, clicks, sum / rows, bytes);
    }

    private static void Append(StringBuilder lines, HistoryRow row, HistoryWorld world)
    {
        lines.Append(CultureInfo.InvariantCulture, $"{(row.Click ? 1 : 0)}\tu{row.User}\ti{row.Target}\tc{world.CategoryOf(row.Target)}\t");
        Join('i', row.Items);
        lines.Append('\t');
        Join('c', row.Categories);
        if (row.Time > 0)
            lines.Append('\t').Append(row.Time).Append('\t').AppendJoin('|', row.Times.ToArray());
        lines.Append('\n');

        void Join(char letter, ReadOnlySpan<int> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (i > 0)
                    lines.Append('|');
                lines.Append(letter).Append(values[i]);
            }
        }
    }
}
