using System.Globalization;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Data.Sources;

namespace Consort.Learning.Teachers;

/// <summary>
/// Teaches what a file says of each training row: the predictions of any other system, or of models that never saw the row. Its lines are
/// the rows in the order in which they are stored, which is that of the files they came from.
/// </summary>
/// <param name="name">The file.</param>
/// <param name="shift">What the students' logits are moved by when they score: the file tells of all rows, they learn from some.</param>
public sealed class PredictionTeacher(TeacherName name, double shift = 0) : ITeacher
{
    private const int LargestLogit = 1000; // of the least probability above 0 that a double holds it is 745

    private readonly StreamReader _reader = SourceText.Open(name.Path);
    private int _column;
    private int _label = -1;
    private int _cells;
    private long _line;

    /// <inheritdoc/>
    public void Check(BatchLoader rows) => Read(rows, null, 0, null, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="ConsortException">A line holds no such number, or there are not as many as rows; the message says it.</exception>
    public void Teach(
        BatchLoader rows, TeacherLogits logits, int teacher, Workers workers, Action<long>? told, CancellationToken cancellation) =>
            Read(rows, logits, teacher, told, cancellation);

    private void Read(BatchLoader rows, TeacherLogits? logits, int teacher, Action<long>? told, CancellationToken cancellation)
    {
        var (next, done) = (Begin(), 0L);
        for (rows.Start(0); rows.Next() is { } batch; told?.Invoke(done))
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch.Rows; row++, done++, next = Next())
            {
                if (next is null)
                    throw Count(done, rows.Rows);
                var logit = Logit(next);
                if (logits is not null)
                    logits[batch.Places[row], teacher] = logit;
                if (_label >= 0)
                    CheckLabel(next, batch.Labels[row], done);
            }
        }

        for (; next is not null; next = Next())
            done++;
        if (done != rows.Rows)
            throw Count(done, rows.Rows);
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    // The first line of numbers: names of columns stand before it, or none.
    private string? Begin()
    {
        var first = Next() ?? throw new ConsortException($"{name.Path}: found an empty file, expected a prediction a line");
        var cells = Cells(first);
        _cells = cells.Length;
        var isHeader = !cells.Any(c => double.TryParse(c, CultureInfo.InvariantCulture, out _));
        _column = name.Column is { } column ? Find(column)
            : _cells == 1 ? 0
            : throw new ConsortException($"{Where}: found {_cells} columns, expected one, or the key column that says which ({string.Join(", ", cells.Take(5))}, …)");
        if (name.Label is { } label)
            _label = Find(label);
        return isHeader ? Next() : first;

        int Find(string wanted)
        {
            int[] named = isHeader ? [.. Enumerable.Range(0, _cells).Where(i => cells[i].Trim('"') == wanted)] : [];
            if (named.Length > 1)
                throw new ConsortException(
                    $"{Where}: found several columns named {wanted}, expected one; name it by its number, {string.Join(" or ", named.Select(i => i + 1))}");
            var at = named.Length == 1 ? named[0] : -1;
            if (at < 0 && int.TryParse(wanted, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= _cells)
                at = number - 1;
            return at >= 0 ? at : throw new ConsortException(
                $"{Where}: found no column {wanted}, expected one of {(isHeader ? string.Join(", ", cells.Take(20)) : $"1 to {_cells}, for the first line names none")}");
        }
    }

    private string? Next()
    {
        _line++;
        return _reader.ReadLine() is { } line && (line.Length > 0 || _reader.Peek() >= 0) ? line : null;
    }

    private static string[] Cells(string line) => line.Split(line.Contains('\t', StringComparison.Ordinal) ? '\t' : ',');

    private string Cell(string line, int column)
    {
        var cells = Cells(line);
        return cells.Length == _cells ? cells[column]
            : throw new ConsortException($"{Where}: found {cells.Length} columns, expected {_cells} as in the first line");
    }

    private float Logit(string line)
    {
        var cell = Cell(line, _column);
        if (double.TryParse(cell, CultureInfo.InvariantCulture, out var value))
        {
            var logit = (float)((name.Kind == PredictionKind.Logit ? value : Math.Log(value / (1 - value))) - shift);
            if (Math.Abs(logit) <= LargestLogit)
                return logit;
        }

        throw new ConsortException(
            $"{Where}, column {name.Column ?? "1"}: found \"{PrintableText.Short(cell, 60)}\", expected {(name.Kind == PredictionKind.Logit ? $"a logit from −{LargestLogit} to {LargestLogit}" : "a probability above 0 and below 1 (logits need the key `kind: logit`)")}");
    }

    private void CheckLabel(string line, float label, long row)
    {
        var cell = Cell(line, _label);
        if (!double.TryParse(cell, CultureInfo.InvariantCulture, out var found) || found != label)
            throw new ConsortException(string.Create(
                CultureInfo.InvariantCulture, $"{Where}, column {name.Label}: found the label \"{PrintableText.Short(cell, 60)}\", expected {label} as of training row {row + 1}: the lines are other rows, or in another order"));
    }

    private ConsortException Count(long found, long expected) => new(string.Create(
        CultureInfo.InvariantCulture, $"{name.Path}: found {found:N0} predictions, expected {expected:N0}, one for each row that is learned from: the training rows in their order, then those without labels"));

    private string Where => string.Create(CultureInfo.InvariantCulture, $"{name.Path}:{_line}");
}
