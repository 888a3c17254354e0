using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Candidates;

/// <summary>
/// Makes rows without labels of a log, for teachers to judge: rows of items that were not used in a context, and rows whose groups of
/// fields come from different rows of the log. The log is read twice; rows are written as they are made. The result follows from log,
/// request and seed alone.
/// </summary>
public static class CandidateWriter
{
    /// <summary>Writes a file that the key <c>transfer</c> of an experiment reads; it has no column of labels.</summary>
    /// <param name="request">Which rows.</param>
    /// <param name="path">The file; what stands there is replaced when the new one is whole.</param>
    /// <param name="progress">Told the bytes read, of both passes together, or null.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    /// <exception cref="ConsortException">A mistake in the request or the log, or a file that cannot be written.</exception>
    public static CandidateSummary Write(CandidateRequest request, string path, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        request.Schema.Validate("schema");
        request.Check();
        var target = Path.GetFullPath(path);
        using var claim = Claim.Take(target, target, "name another file with --out");
        var pool = new CandidatePool(request);
        var read = Pass(request, pool, 0, progress, cancellation);
        CandidateSummary? summary = null;
        SafeFile.Write(path, stream =>
        {
            var rows = new CandidateRows(request, pool, new CandidateText(request.Schema, request.Written, stream));
            Pass(request, rows, read, progress, cancellation);
            summary = rows.Summary;
            if (summary.Rows == 0)
                throw new ConsortException($"{request.Sources[0]}: found no row of which a candidate could be made, expected some{(request.OfAll ? "" : " with label 1")}");
        });
        return summary!;
    }

    private static long Pass(CandidateRequest request, IRowConsumer consumer, long before, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        using var pass = new RowPass(request.Sources, request.Schema, catalogue: request.Catalogue, cancellation: cancellation);
        pass.Run([consumer], bytes => progress?.Report(before + bytes));
        return pass.Position;
    }
}
