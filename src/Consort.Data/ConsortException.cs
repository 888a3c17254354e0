namespace Consort.Data;

/// <summary>
/// A mistake that the user can mend: the message says where it is, what was found and what was expected.
/// The command line prints the message alone, without a stack trace, and exits with 2.
/// </summary>
public sealed class ConsortException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Where, what was found, what was expected.</param>
    public ConsortException(string message) : base(message) { }

    /// <summary>Creates the exception with the failure that caused it.</summary>
    /// <param name="message">Where, what was found, what was expected.</param>
    /// <param name="innerException">The failure behind it.</param>
    public ConsortException(string message, Exception innerException) : base(message, innerException) { }
}
