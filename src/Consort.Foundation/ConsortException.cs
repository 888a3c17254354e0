namespace Consort.Foundation;

/// <summary>
/// A mistake that the user can mend: the message says where it is, what was found and what was expected. The command line prints the
/// message alone, without a stack trace, and exits with 2. What the message quotes may come from anywhere, so it is made printable
/// (<see cref="PrintableText"/>) and cut at 4,000 characters.
/// </summary>
public sealed class ConsortException : Exception
{
    private const int LongestMessage = 4000;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Where, what was found, what was expected.</param>
    public ConsortException(string message) : base(PrintableText.Short(message, LongestMessage)) { }

    /// <summary>Creates the exception with the failure that caused it.</summary>
    /// <param name="message">Where, what was found, what was expected.</param>
    /// <param name="innerException">The failure behind it.</param>
    public ConsortException(string message, Exception innerException) : base(PrintableText.Short(message, LongestMessage), innerException)
    { }

    /// <summary>The row at fault, from 0, among those that were given in one call; null where it is of no single one.</summary>
    public int? Row { get; init; }

    /// <summary>The option at fault, for whoever knows where it was written; null where it is of no single one.</summary>
    public string? Key { get; init; }

    /// <summary>Whether all ranks of a run have found the same at once, so that each can end for itself.</summary>
    public bool IsOfAllRanks { get; init; }

    /// <summary>The message without its row.</summary>
    public string Detail => base.Message;

    /// <inheritdoc/>
    public override string Message => Row is { } row ? FormattableString.Invariant($"row {row}: {base.Message}") : base.Message;
}
