namespace Consort.Foundation.Ranks;

/// <summary>
/// The same messages between all ranks over and over, of memory that stays where it is: they travel while the ranks work on. Each rank
/// starts it as often as the others, at any moment, whatever else they tell each other meanwhile.
/// </summary>
public interface IStandingExchange : IDisposable
{
    /// <summary>Sends. What is sent must not change, and what is received not be read, until it is done.</summary>
    void Start();

    /// <summary>Whether all has come and gone since; moves on what it can, and does not wait.</summary>
    bool Test();

    /// <summary>Returns when all has come and gone.</summary>
    void Wait();
}
