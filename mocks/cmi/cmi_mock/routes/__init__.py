"""What this mock answers: the vendor's wire, public links and the control of chats and users."""
